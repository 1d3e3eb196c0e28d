//! Accessibility audits and pages measured in a browser.

mod axe;
mod lighthouse;

pub(super) use axe::Axe;
pub(super) use lighthouse::Lighthouse;
