"""docs/protocols says what the codec's tables say."""

from scripts import protocol_docs


def test_the_paper_is_what_the_tables_say() -> None:
    assert protocol_docs.PAPER.read_text(encoding="utf-8") == protocol_docs.paper(), "python scripts/protocol_docs.py"


def test_the_gateway_knows_no_message_without_a_table() -> None:
    assert set(protocol_docs.GATEWAY) <= set(protocol_docs.MESSAGES.forms)
