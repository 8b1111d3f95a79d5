"""What benchmarks/advisor.py is made of: workloads, index sets, timed runs and the score."""
