-- Whether each reason is a cause, a symptom or of the customer's profile, and the likeliest causes. Lists from before do not say.
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS reason_1_role text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS reason_2_role text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS reason_3_role text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS cause_1 text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS cause_2 text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS cause_3 text;
