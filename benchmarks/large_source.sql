-- What the copies of a simulated operator have of their own; copy is the number of the copy.
CREATE SCHEMA IF NOT EXISTS bench;

-- Every digit moved on by the number of the copy.
CREATE OR REPLACE FUNCTION bench.turned(given text, copy int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT translate(
        given, '0123456789０１２３４５６７８９',
        substr('01234567890123456789', copy % 10 + 1, 10) || substr('０１２３４５６７８９０１２３４５６７８９', copy % 10 + 1, 10))
$$;

-- The last three digits moved on, each by one of the copy's; a service's short number stays.
CREATE OR REPLACE FUNCTION bench.own_telephone(given text, copy int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN length(given) < 9 THEN given ELSE
        left(given, -3) || bench.turned(substr(given, length(given) - 2, 1), copy / 100)
        || bench.turned(substr(given, length(given) - 1, 1), copy / 10) || bench.turned(right(given, 1), copy)
    END
$$;

-- Another place of registration, and the check character that goes with it where it was right before.
CREATE OR REPLACE FUNCTION bench.check_character(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT substr('10X98765432', (sum(substr(given, at, 1)::int * weight) % 11)::int + 1, 1)
    FROM unnest(ARRAY[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) WITH ORDINALITY AS weights(weight, place),
        LATERAL (SELECT place::int AS at) AS places
$$;
CREATE OR REPLACE FUNCTION bench.own_document(given text, copy int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN given !~ '^[1-9][0-9]{16}[0-9Xx]$' THEN given ELSE (
        SELECT body || CASE
            WHEN upper(right(given, 1)) = bench.check_character(given) THEN bench.check_character(body)
            ELSE right(given, 1)
        END
        FROM (SELECT (100 + (left(given, 3)::int - 100 + copy) % 900)::text || substr(given, 4, 14) AS body) AS bodies)
    END
$$;

-- The surname stays; each character of the given name becomes another one.
CREATE OR REPLACE FUNCTION bench.own_name(given text, copy int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(given, 1) || translate(
        substr(given, 2), '$characters',
        substr('$characters' || '$characters', copy % length('$characters') + 1, length('$characters')))
$$;
