"""A trust policy: read line by line, met or not met, and why not. Nobody counts twice, and nobody from the future."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logkit import LINES, LOG, OTHER_LOG, POST_QUANTUM, WHEN, WHEN_S, WITNESSES, ask_policy, head_of, signed_head

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log.checkpoint import checkpoint
from trucewatch.log.cosign import cosign
from trucewatch.log.note import COSIGNED, COSIGNED_ML_DSA, ED25519, Note, Signer
from trucewatch.log.policy import MOST_LINES, Policy, lines_of, sole

HEAD = head_of(LINES)
LOG_LINE = f"log {LOG.vkey.encode()}"
KEY = {name: signer.vkey.encode() for name, signer in WITNESSES.items()}
A_LINE = f"witness a {KEY['a']}"


def raw_of(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


def met(policy: Policy, by: str) -> bool:
    try:
        return policy.open(signed_head(HEAD, by), WHEN).witnesses.keys() == set(by)
    except VerificationError:
        return False


SUBSETS = ["".join(part) for n in range(5) for part in itertools.combinations("abcd", n)]
RULES = {
    ("quorum none",): lambda s: True,
    ("quorum c",): lambda s: "c" in s,
    ("group x all a b c d", "quorum x"): lambda s: set("abcd") <= s,
    ("group x any a b", "quorum x"): lambda s: bool(set("ab") & s),
    ("group x 1 a", "quorum x"): lambda s: "a" in s,
    ("group x 2 a b c", "quorum x"): lambda s: len(set("abc") & s) >= 2,
    ("group x any a b", "group y any c d", "group z all x y", "quorum z"): lambda s: bool(set("ab") & s) and bool(set("cd") & s),
    ("group x 2 a b", "group z 2 x c d", "quorum z"): lambda s: (set("ab") <= s) + ("c" in s) + ("d" in s) >= 2,
    ("group x any a b", "quorum d"): lambda s: "d" in s,
}  # fmt: skip


@pytest.mark.parametrize("lines", RULES, ids=" / ".join)
def test_a_quorum_is_met_by_exactly_those_who_suffice(lines):
    policy = Policy.decode(ask_policy(*lines))
    assert {by: met(policy, by) for by in SUBSETS} == {by: RULES[lines](set(by)) for by in SUBSETS}
    assert Policy.decode(raw_of(*lines_of(policy))) == policy


@given(st.data())
def test_any_nested_policy_is_met_as_a_slow_reading_of_its_lines_says(data):
    names, free, lines = {}, list("abcd"), []
    for n in range(data.draw(st.integers(1, 3))):
        members = data.draw(st.lists(st.sampled_from(free), min_size=1, max_size=len(free), unique=True))
        free = [name for name in free if name not in members] + [f"g{n}"]
        wanted = data.draw(st.integers(1, len(members)))
        names[f"g{n}"] = (wanted, members)
        lines.append(f"group g{n} {wanted} {' '.join(members)}")
    quorum = data.draw(st.sampled_from(free))
    by = set(data.draw(st.sampled_from(SUBSETS)))

    def slow(name: str) -> bool:
        if name not in names:
            return name in by
        wanted, members = names[name]
        return sum(slow(member) for member in members) >= wanted

    policy = Policy.decode(ask_policy(*lines, f"quorum {quorum}"))
    assert met(policy, "".join(sorted(by))) == slow(quorum)


def test_what_a_quorum_lacks_is_told_group_by_group():
    policy = Policy.decode(ask_policy("group x 2 a b c", "group y all x d", "quorum y"))
    told = r"the quorum 'y' is not met: y has 0 of 2 \(x has 1 of 2 \(witness b has not signed; witness c has not signed\); witness d has not signed\)"
    with pytest.raises(VerificationError, match=told):
        policy.open(signed_head(HEAD, "a"))


def test_a_chain_of_groups_as_long_as_a_policy_may_be_is_judged_too():
    # Found by reading: each group was asked inside the one above it, and Python gave up at a few hundred.
    chain = [f"group g{n} 1 {f'g{n - 1}' if n else 'a'}" for n in range(MOST_LINES - 8)]
    policy = Policy.decode(ask_policy(*chain, f"quorum g{len(chain) - 1}"))
    assert met(policy, "a") and not met(policy, "b")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([LOG_LINE], "no quorum line"),
        (["quorum none"], "names no log"),
        ([], "no quorum line"),
        ([LOG_LINE, "quorum none", "quorum none"], "line 3: there is a quorum already"),
        ([LOG_LINE, "quorum"], "line 2: expected: quorum NAME"),
        ([LOG_LINE, "quorum a b"], "line 2: expected: quorum NAME"),
        ([LOG_LINE, "quorum a"], "line 2: there is no witness or group 'a' above it"),
        ([LOG_LINE, "quorum a", A_LINE], "line 2: there is no witness or group 'a' above it"),
        (["log"], r"line 1: expected: log VKEY \[URL\]"),
        ([LOG_LINE + " https://a b"], r"line 1: expected: log VKEY \[URL\]"),
        (["log nonsense"], "line 1: a verifier key is"),
        ([f"log {KEY['a']}"], "line 1: .* signature type 0x04, which is none of a log"),
        ([LOG_LINE, LOG_LINE], "line 2: .* stands in the policy twice"),
        (["witness a"], r"line 1: expected: witness NAME VKEY \[URL\]"),
        ([A_LINE + " https://a b"], r"line 1: expected: witness NAME VKEY \[URL\]"),
        ([f"witness a {LOG.vkey.encode()}"], "line 1: .* signature type 0x01, which is none of a witness"),
        ([A_LINE, f"witness b {KEY['a']}"], "line 2: .* stands in the policy twice"),
        ([A_LINE, f"witness b {Signer('other.example', WITNESSES['a'].seed, COSIGNED).vkey.encode()}"], "line 2: .* twice"),
        ([LOG_LINE, f"witness l {Signer('other.example', LOG.seed, COSIGNED).vkey.encode()}"], "line 2: .* twice"),
        ([A_LINE, f"witness a {KEY['b']}"], "line 2: the name 'a' is taken"),
        ([f"witness none {KEY['a']}"], "line 1: the name 'none' is taken"),
        ([f"witness a\x85b {KEY['a']}"], r"line 1: the name 'a\\x85b' cannot be printed"),
        ([A_LINE, "group g any"], r"line 2: expected: group NAME all\|any\|K MEMBER"),
        ([A_LINE, "group a any a"], "line 2: the name 'a' is taken"),
        ([A_LINE, "group g any b"], "line 2: group g: there is no witness or group 'b' above it"),
        ([A_LINE, "group g any none"], "line 2: group g: there is no witness or group 'none'"),
        ([A_LINE, "group g any g"], "line 2: group g: there is no witness or group 'g' above it"),
        ([A_LINE, "group g any a a"], "line 2: group g: 'a' is in a group already; nobody counts twice"),
        ([A_LINE, "group g any a", "group h any a"], "line 3: group h: 'a' is in a group already"),
        ([A_LINE, "group g 0 a"], "line 2: group g: '0' is not all, any or a number"),
        ([A_LINE, "group g 01 a"], "line 2: group g: '01' is not all, any or a number"),
        ([A_LINE, "group g -1 a"], "line 2: group g: '-1' is not all, any or a number"),
        ([A_LINE, "group g 1٣ a"], "line 2: group g: '1٣' is not all, any or a number"),
        ([A_LINE, "group g 2 a"], "line 2: group g wants 2 of 1: nobody can meet that"),
        (["logs x"], "line 1: begins with 'logs'; expected log, witness, group or quorum"),
        (["Log x"], "line 1: begins with 'Log'"),
        ([LOG_LINE, "", "quorum none\r"], "line ends of another system"),
        ([LOG_LINE, "", "quorum none\x0b"], "control character 0x0b"),
        ([LOG_LINE + "\x00"], "control character 0x00"),
        (["# \x7f"], "control character 0x7f"),
        (["#"] * (MOST_LINES + 1), f"more than {MOST_LINES} lines"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_what_is_wrong_about_it(lines, told):
    with pytest.raises(Unreadable, match=told) as wrong:
        Policy.decode(raw_of(*lines))
    assert len(str(wrong.value).splitlines()) == 1


def test_comments_spaces_tabs_addresses_and_names_of_any_letters_are_read():
    text = f" \t# a comment: é\n\n\t{LOG_LINE}  https://log.example/ \nwitness\tÉtienne\t{KEY['a']} https://a.example\nquorum  Étienne"
    policy = Policy.decode(text.encode())
    assert policy.quorum == "Étienne" and policy.urls == {"Étienne": "https://a.example"}
    assert Policy.decode(raw_of(*lines_of(policy))) == policy


def test_octets_that_are_no_letters_are_names_too_and_spoil_nothing_else_in_the_file():
    # Found by reading: one such octet, in a comment even, and the name in a verifier key was read as another.
    named = Signer("témoin.example", bytes(32), COSIGNED).vkey
    raw = b"# caf\xe9\n" + raw_of(LOG_LINE) + b"witness \xff " + named.encode().encode() + b"\nquorum \xff\n"
    policy = Policy.decode(raw)
    assert list(policy.witnesses.values()) == [named]
    assert Policy.decode(raw_of(*lines_of(policy))) == policy
    with pytest.raises(VerificationError, match=r"witness \\xff has not signed"):
        policy.open(signed_head(HEAD))


def test_thirty_two_logs_witnesses_and_groups_are_read_as_the_specification_asks():
    many = [Signer(f"n{n}.example", n.to_bytes(32, "big")) for n in range(64)]
    lines = [f"log {one.vkey.encode()}" for one in many[:32]]
    lines += [f"witness w{n} {Signer(one.name, one.seed, COSIGNED).vkey.encode()}" for n, one in enumerate(many[32:])]
    lines += [f"group g{n} any w{n}" for n in range(32)]
    assert len(Policy.decode(raw_of(*lines, "quorum g31")).groups) == 32


def test_one_of_several_logs_suffices_and_it_must_be_the_one_that_is_named():
    policy = Policy.decode(raw_of(LOG_LINE, f"log {OTHER_LOG.vkey.encode()}", "quorum none"))
    assert policy.open(signed_head(head_of(LINES, OTHER_LOG.name))).head.origin == OTHER_LOG.name
    forged = Note(HEAD.encode(), checkpoint(head_of(LINES, OTHER_LOG.name), OTHER_LOG).signatures)
    with pytest.raises(VerificationError, match="does not verify"):
        policy.open(forged.encode())


def test_a_checkpoint_that_only_witnesses_have_signed_is_not_the_logs():
    note = Note.decode(signed_head(HEAD, "abcd"))
    with pytest.raises(VerificationError, match="no key of a log in the policy has signed"):
        Policy.decode(ask_policy("quorum none")).open(Note(note.text, note.signatures[1:]).encode())


def test_a_known_witnesss_line_that_does_not_hold_spoils_the_checkpoint_even_where_it_is_not_needed():
    note = Note.decode(signed_head(HEAD, "ab"))
    other = Note.decode(signed_head(head_of(LINES[:3]), "b"))
    mixed = Note(note.text, (*note.signatures[:2], other.signatures[1])).encode()
    with pytest.raises(VerificationError, match=r"witness\.example/b does not verify"):
        Policy.decode(ask_policy("quorum a")).open(mixed)


def test_one_witness_under_two_lines_is_refused_and_does_not_count_twice():
    note = Note.decode(signed_head(HEAD, "a"))
    twice = Note(note.text, (*note.signatures, cosign(note, WITNESSES["a"], WHEN_S + 1))).encode()
    with pytest.raises(VerificationError, match="has signed twice"):
        Policy.decode(ask_policy("group g 2 a b", "quorum g")).open(twice)


def test_a_cosignature_from_the_future_is_refused_where_a_clock_is_told_with_five_minutes_of_grace():
    policy = Policy.decode(ask_policy("quorum a"))
    raw = signed_head(HEAD, "a")
    assert policy.open(raw, WHEN - timedelta(seconds=300)).witnesses == policy.open(raw).witnesses == {"a": WHEN}
    with pytest.raises(VerificationError, match=r"witness a signed at 2026-01-02 00:00 UTC, which is still to come"):
        policy.open(raw, WHEN - timedelta(seconds=301))
    far = signed_head(HEAD, "a", when_s=2**63 - 1)
    with pytest.raises(VerificationError, match="not in any year"):
        policy.open(far)


def test_a_post_quantum_witness_and_a_post_quantum_log_count():
    witness, log = POST_QUANTUM, Signer(LOG.name, bytes([91]) * 32, COSIGNED_ML_DSA)
    policy = Policy.decode(raw_of(f"log {log.vkey.encode()}", f"witness pq {witness.vkey.encode()}", "quorum pq"))
    bare = Note(HEAD.encode(), ())
    lines = (cosign(bare, log, WHEN_S), cosign(bare, witness, WHEN_S))
    assert policy.open(Note(bare.text, lines).encode(), WHEN).witnesses == {"pq": WHEN}
    with pytest.raises(VerificationError, match="no key of a log"):
        policy.open(Note(bare.text, lines[1:]).encode())


def test_the_policy_of_a_single_key_asks_for_nothing_more():
    assert sole(LOG.vkey).open(signed_head(HEAD)).head == HEAD
    assert Policy.decode(raw_of(*lines_of(sole(LOG.vkey)))) == sole(LOG.vkey)
    with pytest.raises(VerificationError, match="no key of a log"):
        sole(OTHER_LOG.vkey).open(signed_head(HEAD))
    assert LOG.vkey.kind == ED25519
