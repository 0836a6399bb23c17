"""Take the README's picture from the demo's real report. Needs Chromium and Pillow; run after `make demo`.

python tools/picture.py demo-case/report/report.html docs/img/report.png
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT, FROM, TO = 1000, 3400, 1525, 3235
"""Pixels: the page's width, how much of it is drawn, and the part that is shown: when, where, and the first article."""


def main() -> None:
    """Draw the page and cut the picture out of it."""
    page, picture = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
        size = [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}", page.as_uri()]
        subprocess.run(["chromium", *flags, *size], check=True, capture_output=True)
        Image.open(shot).convert("RGB").crop((0, FROM, WIDTH, TO)).quantize(160).save(picture, optimize=True)


if __name__ == "__main__":
    main()
