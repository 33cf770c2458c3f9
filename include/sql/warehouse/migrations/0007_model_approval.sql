-- A person may be asked before a version goes live (promotion.approval): that he agrees is an order of its own.
ALTER TABLE {schema}.model_order DROP CONSTRAINT IF EXISTS model_order_kind_check;
ALTER TABLE {schema}.model_order ADD CONSTRAINT model_order_kind_check CHECK (kind IN ('retire', 'pin', 'approve'));
