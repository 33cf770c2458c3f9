-- After loading: the moments by which months are cut.
CREATE INDEX ON boss.subs_his (subs_id, eff_tm);
CREATE INDEX ON boss.bill_item (cycle_id);
CREATE INDEX ON boss.pay_log (pay_tm);
CREATE INDEX ON boss.topup_log (topup_tm);
CREATE INDEX ON boss.bal_snap (snap_dt);
CREATE INDEX ON boss.owe_snap (snap_dt);
CREATE INDEX ON boss.srv_snap (snap_dt);
CREATE INDEX ON boss.site_snap (snap_dt);
CREATE INDEX ON boss.fix_use (sum_dt);
CREATE INDEX ON boss.term_snap (snap_dt);
CREATE INDEX ON boss.fault_ticket (report_tm);
CREATE INDEX ON boss.cmplt_ticket (cmplt_tm);
CREATE INDEX ON boss.survey_ans (answer_tm);
CREATE INDEX ON boss.mkt_offer (offer_tm);
CREATE INDEX ON boss.keep_contact (contact_tm);
CREATE INDEX ON boss.biz_request (req_tm);
CREATE INDEX ON boss.np_request (req_tm);
