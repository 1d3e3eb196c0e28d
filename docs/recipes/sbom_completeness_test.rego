package recipes.sbom_completeness_test

codes := {verdict.code | some verdict in data.gate.security.deny}

sbom(total, purl, license) := {"components": {"total": total, "without_purl": purl, "without_license": license}}

test_blocks_without_purl if "RCP-016" in codes with input as sbom(100, 3, 0)

test_blocks_without_licence if "RCP-016" in codes with input as sbom(100, 0, 6)

test_blocks_empty if "RCP-016" in codes with input as sbom(0, 0, 0)

test_passes_at_the_limit if not "RCP-016" in codes with input as sbom(100, 2, 5)
