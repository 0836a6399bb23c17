from __future__ import annotations

import contextlib
import hashlib
import random
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from authority import FOR_SERVERS, Authority, authority, holder, needs_openssl
from trucewatch.base.errors import VerificationError
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import Signer
from trucewatch.log.timestamp import Stamp, Stamped, authorities, check, head_of, of_log, read, request
from trucewatch.testing import no_network

pytestmark = needs_openssl

LINES = [b"line %d" % n for n in range(5)]
KEY = Signer("test.invalid/log", bytes(32))


def note(size: int) -> bytes:
    leaves = [merkle.leaf(line) for line in LINES[:size]]
    return checkpoint(Head(KEY.name, size, merkle.root(leaves)), KEY).encode()


NOTE, NONCE = note(4), 2**63 + 5


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> Authority:
    return authority(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def token(one) -> bytes:
    return one.reply(request(NOTE, NONCE))


def refused(*words) -> str:
    with pytest.raises(VerificationError) as wrong:
        check(*words)
    assert "\n" not in str(wrong.value) and len(str(wrong.value)) < 400
    return str(wrong.value)


class TestARequest:
    @given(st.binary(min_size=1, max_size=200))
    def test_is_byte_for_byte_what_an_independent_library_would_send_with_that_nonce(self, raw):
        theirs = TimestampRequestBuilder(raw, HashAlgorithm.SHA256).build()
        assert request(raw, theirs.nonce) == theirs.as_bytes()

    @pytest.mark.parametrize("nonce", [0, 1, 127, 128, 255, 256, 2**63 - 1, 2**63, 2**64 - 1])
    def test_is_read_by_openssl_with_our_hash_and_our_nonce_and_wants_certificates(self, nonce, tmp_path):
        (tmp_path / "query").write_bytes(request(b"hello", nonce))
        said = subprocess.run(
            ["openssl", "ts", "-query", "-in", "query", "-text"], cwd=tmp_path, capture_output=True, text=True
        ).stdout
        assert "Hash Algorithm: sha256" in said and "2c f2 4d ba 5f b0" in said
        assert "Certificate required: yes" in said
        assert int(re.search(r"Nonce: 0x(\w+)\n", said)[1], 16) == nonce  # type: ignore[index]

    def test_holds_nothing_of_the_checkpoint_but_its_hash(self):
        assert len(request(NOTE, NONCE)) == len(request(note(5) * 50, NONCE)) < 75

    def test_with_a_negative_nonce_is_a_fault_of_ours(self):
        with pytest.raises(ValueError, match="not negative"):
            request(NOTE, -1)


class TestAToken:
    def test_that_holds_says_when_and_by_whom(self, one, token):
        before = datetime.now(UTC) - timedelta(minutes=5)
        stamp = check(token, NOTE, NONCE, [one.root.pem])
        assert before < stamp.time and stamp.time.utcoffset() == timedelta(0)
        assert (stamp.policy, stamp.nonce, stamp.signer) == ("1.2.3.4", NONCE, "CN=One authority")
        assert (stamp.accuracy, stamp.name) == (timedelta(seconds=1), None)

    def test_holds_by_openssls_own_check_as_well(self, one, token, tmp_path):
        for name, raw in {"reply": token, "note": NOTE, "other": note(3), "root": one.root.pem}.items():
            (tmp_path / name).write_bytes(raw)
        for data, status in (("note", 0), ("other", 1)):
            words = ["openssl", "ts", "-verify", "-in", "reply", "-data", data, "-CAfile", "root"]
            assert subprocess.run(words, cwd=tmp_path, capture_output=True).returncode == status

    def test_is_checked_with_the_network_blocked(self, one, token):
        with no_network():
            assert check(token, NOTE, None, [one.root.der]).serial >= 1

    def test_can_be_checked_later_without_its_nonce_and_under_many_roots(self, one, token):
        others = holder("a", ca=True).pem + holder("b", ca=True).pem
        assert check(token, NOTE, None, [others, one.root.pem]) == check(token, NOTE, NONCE, [one.root.der])

    def test_may_tell_fractions_and_a_name(self, one, tmp_path):
        exact = replace(one, folder=tmp_path / "x", more="clock_precision_digits = 6\naccuracy = millisecs:500\n")
        exact.more += "tsa_name = yes"
        stamp = check(exact.reply(request(NOTE, 1)), NOTE, 1, [one.root.pem])
        assert (stamp.accuracy, stamp.name) == (timedelta(milliseconds=500), "CN=One authority")

    def test_of_another_checkpoint_is_refused(self, one):
        replayed = one.reply(request(note(3), NONCE))
        assert refused(replayed, NOTE, NONCE, [one.root.pem]).startswith("(2) the token is about other bytes")

    def test_that_answers_another_request_is_refused(self, one, token):
        assert refused(token, NOTE, NONCE + 1, [one.root.pem]).startswith("(2) the token answers another request")

    @pytest.mark.parametrize("raw", [b"", b"0", b"<html><body>Log in</body></html>", b"0\x82" * 40, b"0\x80\x00\x00"])
    def test_that_is_none_is_refused(self, one, raw):
        assert refused(raw, NOTE, NONCE, [one.root.pem]) == "(1) the bytes are not a timestamp reply"

    def test_that_was_not_granted_is_refused_with_the_authoritys_words(self, one):
        theirs = TimestampRequestBuilder(NOTE, HashAlgorithm.SHA512).build()
        said = refused(one.reply(theirs.as_bytes()), NOTE, None, [one.root.pem])
        assert said == "(1) the authority did not grant it: status 2 Message digest algorithm is not supported."

    def test_with_another_hash_than_sha256_is_about_other_bytes(self, one, tmp_path):
        lax = replace(one, folder=tmp_path / "lax", more="digests = sha512")
        theirs = TimestampRequestBuilder(NOTE, HashAlgorithm.SHA512).build()
        assert refused(lax.reply(theirs.as_bytes()), NOTE, None, [one.root.pem]).startswith("(2)")

    def test_that_calls_our_digest_that_of_another_hash_is_about_other_bytes(self, one, tmp_path):
        lax = replace(one, folder=tmp_path / "lax", more="digests = sha3-256")
        digest = hashlib.sha256(NOTE).hexdigest()
        words = ["openssl", "ts", "-query", "-digest", digest, "-sha3-256", "-cert", "-out", "query"]
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
        raw = lax.reply((tmp_path / "query").read_bytes())
        assert refused(raw, NOTE, None, [one.root.pem]).startswith("(2) the token is about other bytes")

    def test_without_its_certificate_is_refused(self, one):
        bare = TimestampRequestBuilder(NOTE, HashAlgorithm.SHA256, cert_req=False).build()
        said = refused(one.reply(bare.as_bytes()), NOTE, None, [one.root.pem])
        assert said == "(1) the token cannot be read, or has no certificate of its signer"


class TestTheSigner:
    def test_is_not_asked_for_by_read_and_always_by_check(self, one, token):
        assert read(token, NOTE, NONCE) == check(token, NOTE, NONCE, [one.root.pem])
        assert refused(token, NOTE, NONCE, []).startswith("(3) no root was given")

    @pytest.mark.parametrize("name", ["Other root", "One root"])
    def test_under_another_root_is_refused_even_of_the_same_name(self, token, name):
        assert refused(token, NOTE, NONCE, [holder(name, ca=True).pem]).startswith("(3) CN=One authority")

    @pytest.mark.parametrize("raw", [b"", b"root", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    def test_needs_a_root_that_is_one(self, token, raw):
        assert refused(token, NOTE, NONCE, [raw]).startswith("(3) a root is not one")
        with pytest.raises(VerificationError):
            authorities(raw)

    def test_needs_a_root_that_its_library_can_read_and_a_panic_of_that_is_one_error_too(self, one, token):
        """A kind of text in a name that the one library lets pass, and at which the other, in Rust, panics."""
        der, said = one.root.der, set()
        for kind in range(256):
            odd = der.replace(b"\x0c\x08One root", bytes([kind]) + b"\x08One root")
            with contextlib.suppress(VerificationError):
                assert check(token, NOTE, NONCE, [odd])
                continue
            said.add(refused(token, NOTE, NONCE, [odd]).rpartition(": ")[2])
        assert "the library that reads certificates gave up" in said

    def test_may_have_a_root_whose_number_breaks_a_rule_and_nothing_is_said_of_it(self, one):
        number = one.root.certificate.serial_number.to_bytes(2, "big")
        assert len(authorities(one.root.der.replace(b"\x02\x02" + number, b"\x02\x02\x80" + number[1:], 1))) == 1

    def test_is_no_root_of_its_own(self, one, token):
        assert refused(token, NOTE, NONCE, [one.signer.pem]).startswith("(3)")

    def test_may_be_three_steps_below_the_root_with_certificates_in_any_order(self, tmp_path):
        top = holder("Top", ca=True)
        middle = holder("Middle", top, ca=True)
        low = holder("Low", middle, ca=True)
        signer = holder("Deep", low)
        for n, beside in enumerate([(middle, low), (low, middle), (top, low, middle), (low,)]):
            raw = Authority(tmp_path / str(n), top, signer, beside).reply(request(NOTE, NONCE))
            if middle in beside:
                assert check(raw, NOTE, NONCE, [top.pem]).signer == "CN=Deep"
            else:
                assert refused(raw, NOTE, NONCE, [top.pem]).startswith("(3) CN=Deep")

    def test_may_leave_out_the_steps_between_where_we_give_them_beside_the_root(self, tmp_path):
        top = holder("Top", ca=True)
        middle = holder("Middle", top, ca=True)
        raw = Authority(tmp_path, top, holder("Deep", middle)).reply(request(NOTE, NONCE))
        assert check(raw, NOTE, NONCE, [top.pem + middle.pem]).signer == "CN=Deep"
        for too_few in ([top.pem], [middle.pem]):
            assert refused(raw, NOTE, NONCE, too_few).startswith("(3) CN=Deep")

    @pytest.mark.parametrize("use", [FOR_SERVERS, None])
    def test_whose_certificate_was_issued_by_one_that_may_not_is_refused(self, tmp_path, use):
        root = holder("Root", ca=True)
        site = holder("Site", root, use=use) if use else holder("Stamp", root)
        raw = Authority(tmp_path, root, holder("Forged", site), (site,)).reply(request(NOTE, NONCE))
        assert refused(raw, NOTE, NONCE, [root.pem]).startswith("(3) CN=Forged")

    def test_whose_certificate_is_not_for_timestamps_is_refused(self, one, tmp_path):
        root = holder("Root", ca=True)
        right, wrong = holder("T", root, serial=7), holder("T", root, serial=7, use=FOR_SERVERS)
        raw = Authority(tmp_path, root, right).reply(request(NOTE, NONCE))
        assert check(raw, NOTE, NONCE, [root.pem]) and len(right.der) == len(wrong.der)
        swapped = raw.replace(right.der, wrong.der)
        assert swapped != raw
        assert "unsuitable certificate purpose" in refused(swapped, NOTE, NONCE, [root.pem])


class TestTheTime:
    @pytest.mark.parametrize("days", [(-9, -1), (1, 9)])
    @pytest.mark.parametrize("whose", ["signer", "root"])
    def test_has_to_lie_where_every_certificate_was_in_force(self, tmp_path, days, whose):
        root = holder("Root", ca=True, days=days if whose == "root" else (-9, 99))
        late = Authority(tmp_path, root, holder("Late", root, days=days if whose == "signer" else (-9, 99)))
        said = refused(late.reply(request(NOTE, NONCE)), NOTE, NONCE, [root.pem])
        assert said.startswith("(4) a certificate was not in force at the token's time, 20")


class TestATamperedToken:
    def test_with_any_single_bit_flipped_is_refused_or_says_the_very_same(self, one, token):
        """Not every byte of a reply is signed: the authority's words beside the token, a version, the names of
        algorithms in the wrapping. None of what is signed can be changed."""
        said = check(token, NOTE, NONCE, [one.root.pem])
        let_through = []
        for at in range(8 * len(token)):
            flipped = bytearray(token)
            flipped[at // 8] ^= 1 << at % 8
            try:
                assert check(bytes(flipped), NOTE, NONCE, [one.root.pem]) == said, f"bit {at}"
                let_through.append(at)
            except VerificationError:
                pass
        assert len(let_through) < len(token) / 10, let_through

    def test_with_many_bytes_changed_cut_or_added_raises_one_error_only(self, one, token):
        said, dice = check(token, NOTE, NONCE, [one.root.pem]), random.Random(3161)
        for _ in range(3000):
            raw = bytearray(token)
            for _ in range(dice.randint(1, 4)):
                at = dice.randrange(len(raw))
                raw[at : at + dice.choice([0, 1, 1, 2])] = dice.randbytes(dice.choice([0, 1, 1, 2]))
            with contextlib.suppress(VerificationError):
                assert check(bytes(raw), NOTE, NONCE, [one.root.pem]) == said


class TestAnyBytes:
    @given(st.binary(max_size=300), st.binary(max_size=300))
    def test_as_reply_and_root_raise_one_error_only(self, one, token, reply, root):
        for words in ((reply, NOTE, None, [one.root.pem]), (token, NOTE, None, [root]), (token, reply, None, [root])):
            with pytest.raises(VerificationError):
                check(*words)

    @given(st.data())
    def test_in_a_root_that_was_one_raise_one_error_only(self, one, token, data):
        raw = bytearray(data.draw(st.sampled_from([one.root.pem, one.root.der])))
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        with contextlib.suppress(VerificationError):
            assert isinstance(check(token, NOTE, None, [bytes(raw)]), Stamp)

    @given(st.binary(max_size=100))
    def test_as_an_entrys_body_raise_one_error_only(self, raw):
        with pytest.raises(VerificationError):
            Stamped.decode(raw)


class TestTheBodyOfAnEntry:
    @given(st.text(max_size=50), st.text(max_size=50), st.binary(max_size=50))
    def test_prints_and_parses_to_the_same(self, name, said, raw):
        stamped = Stamped(name, said.encode(), raw)
        assert Stamped.decode(stamped.encode()) == stamped

    @pytest.mark.parametrize(
        "raw",
        [
            b"null", b"[]", b"{}", b"1", b'{"authority":1,"checkpoint":"a","token":""}', b"[" * 100_000,
            b'{"authority":"a","checkpoint":"a","token":"AA"}', b'{"authority":"a","checkpoint":"a","token":"AB=="}',
            b'{"authority":"a","checkpoint":"a","more":1,"token":""}', b'{"token":"","authority":"a","checkpoint":"a"}',
            b'{"authority":"a","checkpoint":["a"],"token":""}', b'{"authority":"a","checkpoint":"\\ud800","token":""}',
        ],
    )  # fmt: skip
    def test_in_any_other_spelling_is_refused(self, raw):
        with pytest.raises(VerificationError, match=r"^\(1\) the entry's body"):
            Stamped.decode(raw)


class TestTheLog:
    def test_has_to_begin_with_what_was_stamped(self):
        for lines in (LINES[:4], LINES):
            of_log(head_of(NOTE), lines)

    @pytest.mark.parametrize(
        "lines, said",
        [
            (LINES[:3], r"\(5\) the checkpoint is of 4 entries, the log has 3"),
            ([*LINES[:3], b"changed"], r"\(5\) the log's first 4 entries do not lead"),
        ],
    )
    def test_that_is_shorter_or_other_is_refused(self, lines, said):
        with pytest.raises(VerificationError, match=said):
            of_log(head_of(NOTE), lines)
