"""Strategies for pieces of SQL that hide what stands in them."""

from hypothesis import strategies as st

literal = st.text(alphabet="ab';\"$-/*:%s\\\n").map(lambda s: "'" + s.replace("'", "''") + "'")
dollar = st.text(alphabet="ab';\"-/*:%s\\\n$").filter(lambda s: "$q$" not in f"{s}$q")
quoted = st.text(alphabet="ab';$-/*:%s\n").map(lambda s: f'"{s}"')
comment = st.text(alphabet="ab';$:%s\n").map(lambda s: f"/*{s}/*;*/*/")

OPAQUE = literal | dollar.map(lambda s: f"$q${s}$q$") | quoted | comment
