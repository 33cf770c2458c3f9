-- The operator's own database, and beside it the truth. Amounts are in fen, moments carry a zone.
DROP SCHEMA IF EXISTS boss CASCADE;
DROP SCHEMA IF EXISTS sim_truth CASCADE;
CREATE SCHEMA boss;
CREATE SCHEMA sim_truth;

CREATE TABLE boss.subs_his (
    subs_id bigint, ver_no bigint, msisdn text, id_no text, cust_nm text, addr text, sex_cd text, birth_yr integer, area_cd text,
    cnty_cd text, seg_cd text, vip_lvl integer, pay_typ text, prod_id text, rent_fen bigint, net_typ text, open_dt date,
    sts_cd text, eff_tm timestamptz, rec_tm timestamptz);
CREATE TABLE boss.agr_info (
    agr_no bigint, subs_id bigint, agr_typ text, sign_tm timestamptz, beg_dt date, end_dt date, min_fen bigint,
    penal_fen bigint, rec_tm timestamptz);
-- Each month's records lie in a table of their own below this one.
CREATE TABLE boss.cdr (
    rec_no bigint, subs_id bigint, start_tm timestamptz, load_tm timestamptz, biz_typ text, call_dir text,
    opp_msisdn text, opp_net text, roam_flag text, toll_flag text, acc_code text, dur_s bigint, vol_kb bigint,
    fee_fen bigint);
CREATE TABLE boss.bill_item (
    bill_no bigint, subs_id bigint, cycle_id integer, item_cd text, amt_fen bigint, gen_tm timestamptz);
CREATE TABLE boss.pay_log (
    pay_no bigint, subs_id bigint, pay_tm timestamptz, rec_tm timestamptz, cycle_id integer, due_dt date,
    amt_fen bigint, chnl_cd text);
CREATE TABLE boss.topup_log (
    topup_no bigint, subs_id bigint, topup_tm timestamptz, rec_tm timestamptz, amt_fen bigint, chnl_cd text);
CREATE TABLE boss.bal_snap (snap_dt date, subs_id bigint, bal_fen bigint, rec_tm timestamptz);
CREATE TABLE boss.owe_snap (snap_dt date, subs_id bigint, owe_fen bigint, owe_days integer, rec_tm timestamptz);
CREATE TABLE boss.srv_snap (
    snap_dt date, subs_id bigint, srv_cd text, sts_cd text, open_dt date, fee_fen bigint, flow_mb bigint,
    rec_tm timestamptz);
CREATE TABLE boss.site_snap (snap_dt date, subs_id bigint, oper_cnt integer, demol_dt date, rec_tm timestamptz);
CREATE TABLE boss.fix_use (
    sum_dt date, subs_id bigint, acc_typ text, flow_mb bigint, onl_min bigint, call_s bigint, act_days integer,
    rec_tm timestamptz);
CREATE TABLE boss.term_snap (
    snap_dt date, subs_id bigint, mfr_nm text, model_nm text, gen_cd text, smart_flag text, sim_cnt integer, lock_cd text,
    price_fen bigint, first_dt date, rec_tm timestamptz);
CREATE TABLE boss.camp_info (
    camp_id text, camp_nm text, camp_typ text, beg_dt date, end_dt date, disc_fen bigint, cost_fen bigint,
    rec_tm timestamptz);
-- What is bought from market research or kept by hand: a value a series, area (00: everywhere) and month.
CREATE TABLE boss.mkt_index (
    idx_mon integer, area_cd text, idx_cd text, idx_val double precision, pub_tm timestamptz);
CREATE TABLE boss.fault_ticket (
    ticket_no bigint, subs_id bigint, report_tm timestamptz, rec_tm timestamptz, fault_cd text, fix_hours bigint,
    fix_tm timestamptz);
CREATE TABLE boss.cmplt_ticket (
    ticket_no bigint, subs_id bigint, cmplt_tm timestamptz, rec_tm timestamptz, cmplt_cd text, chnl_cd text,
    content text, result_cd text, visit_tm timestamptz);
CREATE TABLE boss.survey_ans (
    answer_no bigint, subs_id bigint, answer_tm timestamptz, rec_tm timestamptz, survey_typ text, score integer);
CREATE TABLE boss.mkt_offer (
    offer_no bigint, subs_id bigint, offer_tm timestamptz, rec_tm timestamptz, camp_id text, chnl_cd text,
    disc_fen bigint, reply_cd text, reply_tm timestamptz);
CREATE TABLE boss.keep_contact (
    contact_no bigint, subs_id bigint, contact_tm timestamptz, rec_tm timestamptz, chnl_cd text, reach_flag text,
    reply_cd text);
CREATE TABLE boss.biz_request (
    req_no bigint, subs_id bigint, req_tm timestamptz, rec_tm timestamptz, req_cd text, result_cd text,
    result_tm timestamptz);
CREATE TABLE boss.np_request (
    np_no bigint, subs_id bigint, req_tm timestamptz, rec_tm timestamptz, to_net text, ok_flag text);

CREATE TABLE sim_truth.simulation (fingerprint text, settings text);
CREATE TABLE sim_truth.subscriber (
    subs_id bigint PRIMARY KEY, join_date date, leave_date date, cause text, shown_signs boolean, contact_effect text,
    kept_by_contact boolean, driven_by_contact boolean);
CREATE TABLE sim_truth.person (subs_id bigint PRIMARY KEY, person_no bigint);
CREATE TABLE sim_truth.rotation (old_subs_id bigint, new_subs_id bigint, left_date date, joined_date date);
CREATE TABLE sim_truth.dirt (tab text, mon text, kind text, row_key text, outcome text);
CREATE TABLE sim_truth.fuzzy_double (subs_id bigint, double_of bigint);
CREATE TABLE sim_truth.interaction (
    subs_id bigint, mon text, extras_fen bigint, reductions_fen bigint, ratio double precision, decides boolean);
