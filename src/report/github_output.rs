//! Step outputs of GitHub Actions: lines for the file that `GITHUB_OUTPUT` names.

use super::{Info, Options, Reporter, inert, wording};
use crate::model::{Decision, Severity};

/// GitHub step outputs.
pub(super) struct GithubOutput;

impl Reporter for GithubOutput {
    fn info(&self) -> &'static Info {
        &Info { id: "github-output", title: "GitHub Actions step outputs", file: "gate.output.txt" }
    }

    fn render(&self, decision: &Decision, _: &Options) -> String {
        let gates: serde_json::Map<String, serde_json::Value> = decision
            .gates
            .iter()
            .map(|gate| (inert::line(&gate.name), gate.status.as_str().into()))
            .collect();
        let failed: Vec<String> = decision
            .gates
            .iter()
            .filter(|gate| wording::gate_blocks(gate))
            .map(|gate| inert::line(&gate.name))
            .collect();
        let findings: serde_json::Map<String, serde_json::Value> = Severity::ALL
            .iter()
            .map(|severity| {
                let found = decision.findings_by_severity.iter().filter(|count| count.severity == *severity);
                (severity.as_str().to_owned(), found.map(|count| count.count).sum::<u64>().into())
            })
            .collect();
        let remedy: Vec<String> = decision.remedy.iter().map(|line| inert::line(line)).collect();
        [
            output("outcome", decision.outcome.as_str()),
            output("allowed", if decision.allowed { "true" } else { "false" }),
            output("partial", if decision.partial { "true" } else { "false" }),
            output("environment", &inert::line(&decision.environment)),
            output("decision-id", &inert::line(&decision.id)),
            output("reason", &inert::line(&decision.reason)),
            output("failed-gates", &failed.join(",")),
            output("gates", &serde_json::Value::from(gates).to_string()),
            output("findings", &serde_json::Value::from(findings).to_string()),
            output("remedy", &remedy.join("\n")),
        ]
        .concat()
    }
}

/// One output. A value of several lines stands between delimiters that do not occur in it.
fn output(name: &str, value: &str) -> String {
    if !value.contains(['\n', '\r']) {
        return format!("{name}={value}\n");
    }
    let mut delimiter = "GATE_END".to_owned();
    while value.contains(&delimiter) {
        delimiter.push('_');
    }
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}
