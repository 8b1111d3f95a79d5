"""What libpq's trace says was sent."""

import io

from workbench.patterns.wire import Wire, read

TRACE = r"""F	10	Query	 "BEGIN"
B	10	CommandComplete	 "BEGIN"
B	5	ReadyForQuery	 T
F	32	Parse	 "_pg3_0" "select $1::int" 1 21
F	28	Bind	 "" "_pg3_0" 1 1 1 2 '\x00\x01' 1 0
F	9	Execute	 "" 0
F	28	Bind	 "" "_pg3_0" 1 1 1 2 '\x00\x02' 1 0
F	9	Execute	 "" 0
F	4	Sync
B	11	DataRow	 1 3 'Query'
B	5	ReadyForQuery	 T
F	22	Query	 "copy x from stdin"
B	9	CopyInResponse	 \x00 1 0
F	6	CopyData	 '1\x0a'
F	4	CopyDone
B	5	ReadyForQuery	 T
"""


def test_statements_waits_and_bytes_are_counted():
    sent = 10 + 32 + 28 + 9 + 28 + 9 + 4 + 22 + 6 + 4
    assert read(io.StringIO(TRACE)) == Wire(statements=4, round_trips=4, sent_bytes=sent + 10)


def test_nothing_sent_is_nothing_counted():
    assert read(io.StringIO("")) == Wire(0, 0, 0)
