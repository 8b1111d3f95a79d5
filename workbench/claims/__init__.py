"""Claims: what five optimisation plans promised, and what was measured.

``ledger.toml`` holds every claim with its promised figures; ``checks/`` holds the experiments,
one file per family; ``run`` puts both together and keeps the results.
"""
