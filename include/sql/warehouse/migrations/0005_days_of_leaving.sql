-- What the list of a month came to by the day of leaving (F2): before the list was out, in the delay, in the window, later,
-- and days from the list to leaving. In rows from before this, left_in_delay counts everybody who left before the predict
-- window, by the list or not, and the new columns are empty: nothing is made up for them.
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS left_before_list bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS left_later bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS rotated bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS leavers bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS warned_left_before_list bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS warned_left_later bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS warned_rotated bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS warned_in_time bigint;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS days_to_leaving_lower double precision;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS days_to_leaving_median double precision;
ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS days_to_leaving_upper double precision;
