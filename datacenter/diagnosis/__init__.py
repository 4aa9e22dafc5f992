"""Diagnosis (报文诊断): frames that an engineer pastes, picks out of quarantine or records, field by field."""
