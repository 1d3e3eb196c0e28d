//! Does a file speak of this subject, and is it young enough?

use super::{Context, Standing};
use crate::model::{Evidence, SubjectMatch};

/// Clocks of two machines may differ by this much.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// Judges one file and sets its `subject_match`.
pub(super) fn judge(file: &mut Evidence, context: &Context) -> Standing {
    file.subject_match = file.subject.matches(&context.subject);
    let age = file.produced_at.map(|at| context.now.as_second().saturating_sub(at.as_second()));
    let mut standing = Standing { age_seconds: age, ..Standing::default() };
    if file.subject_match == SubjectMatch::Mismatch {
        let named =
            file.subject.digest.as_deref().or(file.subject.commit.as_deref()).unwrap_or("another one");
        standing.unusable_because = format!("speaks of `{named}`, not of this subject");
        return standing;
    }
    let Some(max_age) = context.max_age else { return standing };
    match age {
        Some(age) if age < -CLOCK_SKEW_SECONDS => {
            standing.unusable_because = format!("says that it was produced {} in the future", span(-age));
            standing.stale = true;
        }
        Some(age) if age > max_age.as_secs() => {
            standing.unusable_because =
                format!("is {} old, more than {} allowed here", span(age), span(max_age.as_secs()));
            standing.stale = true;
        }
        None if !context.unknown_age_counts => {
            standing.unusable_because =
                "does not say when it was produced, and `unknown_age: block` holds here".to_owned();
            standing.stale = true;
        }
        _ => {}
    }
    standing
}

/// A time span in the largest fitting unit.
fn span(seconds: i64) -> String {
    match seconds {
        s if s >= 172_800 => format!("{} days", s / 86_400),
        s if s >= 7_200 => format!("{} hours", s / 3_600),
        s if s >= 120 => format!("{} minutes", s / 60),
        s => format!("{s} seconds"),
    }
}
