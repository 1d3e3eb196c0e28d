//! What operations say: approvals, freezes, objectives.

mod gate_evidence;

pub(super) use gate_evidence::GateEvidence;
