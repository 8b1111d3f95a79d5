SELECT name, current_setting(name)
FROM pg_settings
WHERE name = ANY (ARRAY[
    'autovacuum', 'cpu_index_tuple_cost', 'cpu_operator_cost', 'cpu_tuple_cost',
    'default_statistics_target', 'effective_cache_size', 'effective_io_concurrency', 'fsync',
    'jit', 'maintenance_work_mem', 'max_parallel_workers_per_gather', 'plan_cache_mode',
    'random_page_cost', 'seq_page_cost', 'shared_buffers', 'synchronous_commit', 'wal_level',
    'work_mem'])
   OR (name LIKE 'enable\_%' AND setting <> boot_val)
ORDER BY name
