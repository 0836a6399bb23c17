"""A small file of positions, of two parties at a ford, for the tests."""

FORD = """\
positions: ford
title: The ford
source: the envoy's notes
parties:
  - {id: north, name: Northland}
  - {id: south, name: Southland}
drafts:
  - {id: first, title: The envoy's first sheet, on: "2030-03-01", source: the sheet, grade: text}
issues:
  - id: line
    asks: Where the forces stand
    options:
      - {id: north-bank, says: both on their banks}
      - {id: as-is, says: where they are}
      - {id: pulled, says: both a day's march back}
    positions:
      - {party: north, on: "2030-02-01", accepts: [as-is], firmness: red_line, quote: "not one step back", source: the northern radio, grade: party}
      - {party: south, on: "2030-02-02", accepts: [north-bank, pulled], order: [north-bank, pulled, as-is], firmness: red_line, quote: "they must go back first", source: the southern paper, grade: party}
    drafts:
      - {draft: first, takes: pulled, quote: "a day's march"}
  - id: watch
    asks: Who watches
    options:
      - {id: nobody, says: nobody}
      - {id: envoy, says: the envoy}
      - {id: both, says: both together}
    positions:
      - {party: north, on: "2030-02-01", accepts: [both, envoy], firmness: demand, quote: "somebody has to see it", source: the northern radio}
      - {party: south, on: "2030-02-02", accepts: [envoy], firmness: red_line, quote: "only the envoy", source: the southern paper}
      - {party: south, on: "2030-03-05", accepts: [envoy, both], firmness: demand, quote: "the envoy, or together", source: the southern paper}
  - id: ferry
    asks: Whether the ferry runs
    options:
      - {id: runs, says: it runs}
      - {id: stops, says: it stops}
    positions:
      - {party: north, on: "2030-02-01", accepts: [runs], firmness: red_line, quote: "the ferry is bread", source: the northern radio}
      - {party: south, on: "2030-02-02", accepts: [stops], firmness: preference, if: {watch: [nobody]}, quote: "not unseen", source: the southern paper}
"""
