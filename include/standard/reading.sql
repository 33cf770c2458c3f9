-- How delivered text is read as a value: macros of one connection, made anew for each month. NULL means: cannot be read.
-- Macros are put in place of their calls, so what is used twice is computed in a column of its own first (parts, read).
-- Every macro takes text; none guesses. What can be read in two ways (05/03/2024, 12,345) is read only when the profile
-- declares how, or when other values of the column settle it.

-- Full-width digits, letters of signs and punctuation in their ASCII form.
CREATE OR REPLACE TEMP MACRO half_width(t) AS
    translate(t, '０１２３４５６７８９．，－＋％（）：／￥ＹｙＮｎＴｔＦｆ　' || chr(160), '0123456789.,-+%():/¥YyNnTtFf  ');

CREATE OR REPLACE TEMP MACRO tidy(t) AS trim(half_width(t), ' ' || chr(9) || chr(10) || chr(13));

-- Whether text has white space around it. CASE: the pattern is asked of the few values that the comparisons leave.
CREATE OR REPLACE TEMP MACRO is_spaced(t) AS
    CASE
        WHEN t < '!' OR t > '~' OR t[-1] NOT BETWEEN '!' AND '~'
            THEN t = '' OR regexp_matches(t, '^[\s\x{00a0}\x{3000}\x{feff}]|[\s\x{00a0}\x{3000}\x{feff}]$')
        ELSE false
    END;

CREATE OR REPLACE TEMP MACRO without_spaces(t) AS
    nullif(regexp_replace(t, '^[\s\x{00a0}\x{3000}\x{feff}]+|[\s\x{00a0}\x{3000}\x{feff}]+$', '', 'g'), '');

-- Whether a number was shortened where it was shown: 1.380E+10, 1,38E+10, 1E+11, 1.38E10. CASE: the pattern is asked of
-- the few texts with an E.
CREATE OR REPLACE TEMP MACRO is_shortened(t) AS
    CASE
        WHEN contains(t, 'E') OR contains(t, 'e')
            THEN regexp_full_match(t, '\s*[+-]?\d([.,]\d+)?[eE]\+\d{1,3}\s*|\s*[+-]?\d[.,]\d+[eE]\d{1,3}\s*')
        ELSE false
    END;

-- What people and systems write where there is no value.
CREATE OR REPLACE TEMP MACRO is_no_value(t) AS
    upper(tidy(t)) IN ('', '-', '--', '—', '/', '\N', 'NULL', 'NONE', 'NAN', 'N/A', 'NA', '无', '空', '未知');

-- Numbers ------------------------------------------------------------------------------------------------------------
-- 1,234.50 | ¥1,234.5元 | (1,234.50) for -1234.5 | 3.2万 | 12.5% | full-width digits | 1.2E+3. Separators stand in groups
-- of three or the text is no number.
CREATE OR REPLACE TEMP MACRO number_parts(t) AS
    regexp_extract(
        upper(replace(replace(tidy(t), ' ', ''), chr(165), '¥')),
        '^(\()?([+-]?)(¥|CNY|RMB|人民币)?([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(\.\d*)?(?:E([+-]?\d{1,2}))?(万|亿|%)?(元|圆|块|CNY|RMB)?(\))?$',
        ['opening', 'sign', 'currency', 'inner_sign', 'whole', 'fraction', 'exponent', 'scale', 'unit', 'closing']
    );

-- percent is what 1 % counts: 0.01 where the column holds a share, 1 where its unit is %.
CREATE OR REPLACE TEMP MACRO number_of_parts(p, percent) AS
    CASE
        WHEN (p.opening = '') <> (p.closing = '') OR (p.sign <> '' AND (p.inner_sign <> '' OR p.opening <> ''))
            THEN NULL
        WHEN p.whole = '' AND (p.fraction = '' OR p.fraction = '.') THEN NULL
        ELSE
            TRY_CAST(
                CASE WHEN p.opening <> '' OR p.sign = '-' OR p.inner_sign = '-' THEN '-' ELSE '' END
                || replace(p.whole, ',', '') || CASE WHEN p.whole = '' THEN '0' ELSE '' END
                || CASE WHEN p.fraction = '.' THEN '' ELSE p.fraction END
                || CASE WHEN p.exponent = '' THEN '' ELSE 'e' || p.exponent END
                AS DECIMAL(27, 8)
            ) * CASE p.scale WHEN '万' THEN 10000 WHEN '亿' THEN 100000000 WHEN '%' THEN percent ELSE 1
            END::DECIMAL(11, 2)
    END;

-- Declared only: where the fraction stands behind a comma, point and comma change places before the number is read.
CREATE OR REPLACE TEMP MACRO with_decimal_point(t) AS translate(half_width(t), ',.', '.,');

CREATE OR REPLACE TEMP MACRO has_comma(t) AS contains(t, ',') OR contains(t, '，');

-- One comma before three digits and no point: 12,345 is a thousandfold, or a fraction.
CREATE OR REPLACE TEMP MACRO can_be_read_two_ways(t) AS
    has_comma(t) AND regexp_full_match(half_width(t), '[^\d,.]*\d{1,3},\d{3}([^\d,.]*|E[+-]?\d+)', 'i');

-- 58,00 and 1.234,56 and ,5; a comma that can only stand before a fraction.
CREATE OR REPLACE TEMP MACRO shows_decimal_comma(t) AS
    has_comma(t) AND regexp_full_match(half_width(t), '[^\d,.]*\d*(\.\d{3})*,(\d{1,2}|\d{4,})[^\d,.]*|[^,]*\.\d{3},\d+[^\d,.]*');

-- 1,234,567 and 1,234.5; commas that can only part thousands.
CREATE OR REPLACE TEMP MACRO shows_thousands(t) AS
    has_comma(t) AND regexp_full_match(half_width(t), '[^\d,.]*\d{1,3}((,\d{3}){2,}(\.\d*)?|,\d{3}\.\d*)[^\d,.]*');

-- 58.50 and 0.1; a point that can only stand before a fraction.
CREATE OR REPLACE TEMP MACRO shows_decimal_point(t) AS
    regexp_full_match(half_width(t), '[^\d,.]*\d*\.(\d{1,2}|\d{4,})[^\d,.]*');

CREATE OR REPLACE TEMP MACRO is_plain_number(t) AS regexp_full_match(t, '[+-]?\d{1,14}(\.\d{1,8})?');

-- The spelling that had to be read, NULL for a plain number; number is what was read.
CREATE OR REPLACE TEMP MACRO number_spelling(t, number) AS
    CASE
        WHEN t IS NULL OR regexp_full_match(t, '[+-]?\d+(\.\d+)?') THEN NULL
        WHEN is_no_value(t) THEN 'no_value'
        WHEN number IS NULL THEN 'unreadable'
        WHEN contains(t, '%') OR contains(t, '％') THEN 'percent'
        WHEN contains(t, '万') OR contains(t, '亿') THEN 'ten_thousands'
        WHEN contains(t, '(') OR contains(t, '（') THEN 'accounting_parentheses'
        WHEN regexp_matches(t, '(?i)[¥￥元圆块]|CNY|RMB|人民币') THEN 'currency_sign'
        WHEN contains(t, ',') OR contains(t, '，') THEN 'thousands_separator'
        WHEN half_width(t) <> t THEN 'full_width'
        WHEN regexp_matches(t, '(?i)e') THEN 'scientific'
        ELSE 'other_spelling'
    END;

-- Dates --------------------------------------------------------------------------------------------------------------
-- The year stands first, so day and month cannot be mistaken; a time and an offset from UTC may follow.
CREATE OR REPLACE TEMP MACRO date_parts(t) AS
    regexp_extract(
        tidy(t),
        '^(\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2}|\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日|\d{8})'
        || '(?:[T ]?(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?|\d{6}|\d{1,2}[时点]\d{1,2}分(?:\d{1,2}秒)?)'
        || ' ?(Z|UTC|[+-]\d{2}:?\d{2})?)?$',
        ['day', 'clock', 'zone']
    );

CREATE OR REPLACE TEMP MACRO day_of(p) AS
    CAST(TRY_STRPTIME(replace(p.day, ' ', ''), ['%Y-%m-%d', '%Y/%m/%d', '%Y.%m.%d', '%Y年%m月%d日', '%Y%m%d']) AS DATE);

CREATE OR REPLACE TEMP MACRO clock_of(p) AS
    CASE
        WHEN p.clock = '' THEN TIME '00:00:00'
        WHEN regexp_full_match(p.clock, '\d{6}')
            THEN TRY_CAST(left(p.clock, 2) || ':' || p.clock[3:4] || ':' || right(p.clock, 2) AS TIME)
        WHEN contains(p.clock, '分')
            THEN TRY_CAST(rtrim(translate(p.clock, '时点分秒', ':::'), ':')
                || CASE WHEN contains(p.clock, '秒') THEN '' ELSE ':00' END AS TIME)
        ELSE TRY_CAST(p.clock || CASE WHEN regexp_full_match(p.clock, '\d{1,2}:\d{2}') THEN ':00' ELSE '' END AS TIME)
    END;

-- A time in another zone is turned to the operator's before its day is taken.
CREATE OR REPLACE TEMP MACRO moment_of(p, operator_zone) AS
    CASE
        WHEN p.zone = '' THEN day_of(p) + clock_of(p)
        ELSE timezone(operator_zone, TRY_CAST(
            strftime(day_of(p) + clock_of(p), '%Y-%m-%d %H:%M:%S.%f')
            || CASE WHEN p.zone IN ('Z', 'UTC') THEN '+00' ELSE p.zone END AS TIMESTAMPTZ))
    END;

-- Declared only: days since 1899-12-30 as spreadsheets store them, the fraction being the time of the day.
CREATE OR REPLACE TEMP MACRO read_spreadsheet_day(t) AS
    CASE WHEN regexp_full_match(tidy(t), '\d{1,5}(\.\d+)?')
        THEN TIMESTAMP '1899-12-30' + to_microseconds(CAST(round(CAST(tidy(t) AS DOUBLE) * 86400) AS BIGINT) * 1000000)
    END;

-- Declared only: seconds or milliseconds since 1970-01-01 UTC.
CREATE OR REPLACE TEMP MACRO read_epoch(t, per_second, operator_zone) AS
    CASE WHEN regexp_full_match(tidy(t), '\d{1,14}')
        THEN timezone(operator_zone,
            make_timestamp(CAST(CAST(tidy(t) AS BIGINT) * (1000000 // per_second) AS BIGINT)) AT TIME ZONE 'UTC')
    END;

CREATE OR REPLACE TEMP MACRO is_plain_date(t) AS regexp_full_match(t, '\d{4}-\d{2}-\d{2}');

CREATE OR REPLACE TEMP MACRO date_spelling(t, p) AS
    CASE
        WHEN t IS NULL OR regexp_full_match(t, '\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d+)?)?') THEN NULL
        WHEN is_no_value(t) THEN 'no_value'
        WHEN half_width(t) <> t THEN 'full_width'
        WHEN contains(t, '年') THEN 'chinese'
        WHEN regexp_full_match(tidy(t), '\d{8}|\d{14}') THEN 'compact'
        WHEN p.zone <> '' THEN 'offset'
        WHEN p.day <> '' THEN 'separators'
        ELSE 'declared_format'
    END;

-- Booleans -----------------------------------------------------------------------------------------------------------
CREATE OR REPLACE TEMP MACRO read_boolean(t) AS
    CASE
        WHEN lower(tidy(t)) IN ('true', 't', 'yes', 'y', '1', '1.0', '是', '真', '对') THEN true
        WHEN lower(tidy(t)) IN ('false', 'f', 'no', 'n', '0', '0.0', '否', '假', '不是', '错') THEN false
    END;

CREATE OR REPLACE TEMP MACRO boolean_spelling(t) AS
    CASE
        WHEN t IS NULL OR lower(t) IN ('true', 'false') THEN NULL
        WHEN read_boolean(t) IS NOT NULL THEN 'yes_no'
        WHEN is_no_value(t) THEN 'no_value'
        ELSE 'unreadable'
    END;

-- Units --------------------------------------------------------------------------------------------------------------
-- number * numerator / denominator, rounded once, half away from zero, to a multiple of tick (1 or 0.0001, so many
-- ticks being one). Whole numbers only, so it is exact; beyond ten million million it is unreadable.
CREATE OR REPLACE TEMP MACRO scaled(number, numerator, denominator, ticks, tick) AS
    CASE WHEN abs(number) < 10000000000000 THEN
        CAST(
            (2 * CAST(CAST(abs(number) AS DECIMAL(27, 10)) * 10000000000::DECIMAL(11, 0) AS HUGEINT) * numerator * ticks
                + denominator * 10000000000::HUGEINT)
            // (2 * denominator * 10000000000::HUGEINT) * CAST(sign(number) AS INTEGER)
            AS DECIMAL(33, 0)
        ) * tick
    END;
