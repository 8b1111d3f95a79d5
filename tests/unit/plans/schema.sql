CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, country text NOT NULL);

INSERT INTO users
SELECT n, 'user ' || n, (ARRAY['de', 'fr', 'us', 'us', 'us', 'jp'])[1 + n % 6]
FROM generate_series(1, 1000) n;

CREATE TABLE todos (
    id int PRIMARY KEY,
    user_id int NOT NULL REFERENCES users ON DELETE CASCADE,
    note text NOT NULL,
    created_at timestamptz NOT NULL,
    done boolean NOT NULL
);

INSERT INTO todos
SELECT n, 1 + (n * 7919 % 1000) * (n % 97) / 97, 'buy milk ' || md5(n::text),
       timestamptz '2024-01-01 00:00 UTC' + n * interval '7 minutes', n % 10 > 0
FROM generate_series(1, 20000) n;

CREATE INDEX todos_user_id ON todos (user_id);

CREATE INDEX todos_created_at ON todos (created_at);

CREATE INDEX todos_words ON todos USING gin (to_tsvector('english', note));

CREATE TABLE log (id int, what text);

INSERT INTO log SELECT n, 'seen' FROM generate_series(1, 3000) n;

CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log VALUES (new.id, tg_op);
    RETURN new;
END $$;

CREATE TRIGGER todos_before BEFORE INSERT OR UPDATE ON todos
    FOR EACH ROW EXECUTE FUNCTION write_log();

CREATE TRIGGER todos_after AFTER INSERT OR UPDATE ON todos
    FOR EACH ROW EXECUTE FUNCTION write_log();

CREATE FUNCTION weigh(n int) RETURNS bigint LANGUAGE plpgsql PARALLEL RESTRICTED AS $$
BEGIN
    RETURN (SELECT count(*) FROM generate_series(1, 300 + 0 * n));
END $$;

CREATE TABLE events (day date NOT NULL, amount int NOT NULL) PARTITION BY RANGE (day);

CREATE TABLE events_january PARTITION OF events
    FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');

CREATE TABLE events_february PARTITION OF events
    FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');

CREATE TABLE events_march PARTITION OF events
    FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');

INSERT INTO events
SELECT date '2024-01-01' + n % 90, n % 11 FROM generate_series(1, 9000) n;

CREATE INDEX events_day ON events (day);

CREATE INDEX events_amount ON events (amount);

CREATE TEMPORARY TABLE scratch AS SELECT n FROM generate_series(1, 5000) n;

ANALYZE;

UPDATE todos SET note = note || '.' WHERE user_id < 20
