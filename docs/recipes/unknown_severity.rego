package gate.security

# METADATA
# title: Every severity is understood
# description: No open finding has a severity that is missing or not known.
# custom:
#   code: RCP-031
#   remediation: Configure the tool to write severities, or map them.
#   evidence: [security_scan]
deny contains {"code": "RCP-031", "msg": sprintf("%d findings have an unknown severity", [input.findings.by_severity.unknown]), "select": {"severities": ["unknown"]}} if input.findings.by_severity.unknown > 0
