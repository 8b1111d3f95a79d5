"""Web applications of the lab, the load on them, and what stands behind them."""
