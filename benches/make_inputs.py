#!/usr/bin/env python3
"""Writes large reports for benches/compare.sh: made up, shaped like those of real tools, the same at every run.

usage: make_inputs.py FOLDER [MEGABYTES]      (default 70; SARIF then has 100,000 results)
"""

import json
import os
import random
import sys

RESULTS_PER_MEGABYTE = 100_000 / 70
LEVELS = ["error", "warning", "note"]
ADVICE = [
    "User input reaches a shell. Pass the arguments as a list instead.",
    'SQL text is built from a value; use the driver\'s parameters \u2014 see "Query parameters".',
    "This hash is broken: replace MD5 with SHA-256 or, for passwords, with argon2.",
    "The request has no timeout and can hang for ever.",
]


def sarif(out, megabytes, numbers):
    rules = [
        {
            "id": f"acme.python.rule-{n}",
            "name": f"acme.python.rule-{n}",
            "defaultConfiguration": {"level": LEVELS[n % 3]},
            "shortDescription": {"text": f"Finding of rule {n}"},
            "fullDescription": {"text": ADVICE[n % 4] * 3},
            "help": {"text": ADVICE[n % 4] * 8, "markdown": f"**{ADVICE[n % 4]}**"},
            "helpUri": f"https://rules.example/{n}",
            "properties": {"precision": "high", "tags": [f"CWE-{20 + n}: a weakness", "security"]},
        }
        for n in range(300)
    ]
    tool = {"driver": {"name": "Semgrep OSS", "semanticVersion": "1.99.0", "rules": rules}}
    out.write('{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{')
    out.write('"invocations":[{"executionSuccessful":true,"toolExecutionNotifications":[]}],"results":[')
    for n in range(max(1, round(megabytes * RESULTS_PER_MEGABYTE))):
        rule, line, column = numbers.randrange(300), numbers.randrange(1, 4000), numbers.randrange(1, 60)
        result = {
            "fingerprints": {"matchBasedId/v1": f"{numbers.getrandbits(512):0128x}_0"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {
                            "uri": f"services/api{n % 40}/src/module_{n % 5000}.py",
                            "uriBaseId": "%SRCROOT%",
                        },
                        "region": {
                            "endColumn": column + 20,
                            "endLine": line + 1,
                            "snippet": {"text": f'    command = "tool --verbose --name " + name_{n}\n    run(command, shell=True)\n    return out'},
                            "startColumn": column,
                            "startLine": line,
                        },
                    }
                }
            ],
            "message": {"text": ADVICE[rule % 4]},
            "properties": {},
            "ruleId": rules[rule]["id"],
            "ruleIndex": rule,
        }
        if n % 10 == 9:
            result["suppressions"] = [{"kind": "inSource"}]
        out.write(("," if n else "") + json.dumps(result, ensure_ascii=False))
    out.write('],"tool":' + json.dumps(tool, ensure_ascii=False) + "}]}\n")


def cobertura(out, megabytes, numbers):
    out.write('<?xml version="1.0" ?>\n<coverage version="7.6.1" timestamp="1767225600000" lines-valid="1000" ')
    out.write('lines-covered="850" line-rate="0.85" branches-valid="100" branches-covered="80" branch-rate="0.8" ')
    out.write('complexity="0">\n\t<sources>\n\t\t<source>/build/src</source>\n\t</sources>\n\t<packages>\n')
    package = 0
    while out.tell() < megabytes * 1e6:
        out.write(f'\t\t<package name="p{package}" line-rate="0.85" branch-rate="0.8" complexity="0">\n\t\t\t<classes>\n')
        for file in range(8):
            out.write(f'\t\t\t\t<class name="f{file}.py" filename="p{package}/f{file}.py" complexity="0" ')
            out.write('line-rate="0.85" branch-rate="0.8">\n\t\t\t\t\t<methods/>\n\t\t\t\t\t<lines>\n')
            line = 0
            for _ in range(200):
                line += numbers.randrange(1, 4)
                branch = ""
                if line % 6 == 0:
                    taken = numbers.randrange(3)
                    branch = f' branch="true" condition-coverage="{taken * 50}% ({taken}/2)"'
                out.write(f'\t\t\t\t\t\t<line number="{line}" hits="{max(0, numbers.randrange(7) - 1)}"{branch}/>\n')
            out.write("\t\t\t\t\t</lines>\n\t\t\t\t</class>\n")
        out.write("\t\t\t</classes>\n\t\t</package>\n")
        package += 1
    out.write("\t</packages>\n</coverage>\n")


def lcov(out, megabytes, numbers):
    file = 0
    while out.tell() < megabytes * 1e6:
        out.write(f"TN:\nSF:/build/src/part{file % 61}/unit_{file}.c\n")
        for n in range(16):
            out.write(f"FN:{n * 25 + 1},unit_{file}_function_{n}\n")
        calls = [max(0, numbers.randrange(40) - 6) for _ in range(16)]
        for n, count in enumerate(calls):
            out.write(f"FNDA:{count},unit_{file}_function_{n}\n")
        out.write(f"FNF:16\nFNH:{sum(count > 0 for count in calls)}\n")
        branches = [numbers.choice(["-", "0", "3", "128"]) for _ in range(60)]
        for n, times in enumerate(branches):
            out.write(f"BRDA:{n // 2 * 13 + 2},0,{n % 2},{times}\n")
        out.write(f"BRF:60\nBRH:{sum(times not in '-0' for times in branches)}\n")
        hits = [max(0, numbers.randrange(1500) - 200) for _ in range(400)]
        for n, count in enumerate(hits):
            out.write(f"DA:{n + 1},{count}\n")
        out.write(f"LF:400\nLH:{sum(count > 0 for count in hits)}\nend_of_record\n")
        file += 1


def junit(out, megabytes, numbers):
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="all">\n')
    suite = 0
    while out.tell() < megabytes * 1e6:
        out.write(f'  <testsuite name="com.acme.Suite{suite}" tests="50" failures="1" errors="0" skipped="1" ')
        out.write('time="3.2" timestamp="2026-01-01T00:00:00" hostname="ci">\n')
        for test in range(50):
            seconds = numbers.randrange(1000)
            out.write(f'    <testcase name="shouldHandleCase{test}" classname="com.acme.part{suite % 30}.Suite{suite}" ')
            out.write(f'time="0.{seconds:03d}"')
            if test == 13:
                out.write('>\n      <failure message="expected: &lt;1&gt; but was: &lt;2&gt;" type="AssertionFailedError"><![CDATA[')
                out.write("".join(f"\tat com.acme.part.Worker.step{n}(Worker.java:{n}7)\n" for n in range(12)))
                out.write("]]></failure>\n    </testcase>\n")
            elif test == 14:
                out.write('>\n      <skipped message="needs a network"/>\n    </testcase>\n')
            else:
                out.write("/>\n")
        out.write("    <system-out><![CDATA[")
        out.write("2026-01-01 00:00:00 INFO  worker started, queue is <empty>\n" * 20)
        out.write("]]></system-out>\n  </testsuite>\n")
        suite += 1
    out.write("</testsuites>\n")


def cyclonedx(out, megabytes, numbers):
    out.write('{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",')
    out.write('"version":1,"metadata":{"timestamp":"2026-01-01T00:00:00Z","tools":{"components":[{"type":"application",')
    out.write('"name":"trivy","version":"0.60.0"}]},"component":{"bom-ref":"root","type":"container","name":"shop"}},"components":[')
    references = []
    # Each component costs about 90 bytes more in the graph below.
    while out.tell() + 90 * len(references) < megabytes * 1e6:
        n = len(references)
        version = f"{n % 9}.{n % 40}.{n % 7}"
        purl = f"pkg:npm/package-{n}@{version}"
        component = {
            "bom-ref": purl,
            "type": "library",
            "name": f"package-{n}",
            "version": version,
            "description": "Does one thing well",
            "hashes": [{"alg": "SHA-512", "content": f"{numbers.getrandbits(512):0128x}"}],
            "licenses": [{"license": {"id": numbers.choice(["MIT", "Apache-2.0", "BSD-3-Clause", "ISC"])}}],
            "purl": purl,
            "externalReferences": [{"type": "vcs", "url": f"git+https://git.example/package-{n}.git"}],
            "properties": [
                {"name": "aquasecurity:trivy:LayerDigest", "value": f"sha256:{numbers.getrandbits(256):064x}"},
                {"name": "aquasecurity:trivy:PkgType", "value": "npm"},
            ],
        }
        out.write(("," if n else "") + json.dumps(component))
        references.append(purl)
    out.write('],"dependencies":[')
    for n, reference in enumerate(references):
        on = references[max(0, n - 1)]
        out.write(("," if n else "") + json.dumps({"ref": reference, "dependsOn": [on]}))
    out.write("]}\n")


FILES = {
    "semgrep.sarif": sarif,
    "cobertura.xml": cobertura,
    "coverage.lcov": lcov,
    "junit.xml": junit,
    "bom.cdx.json": cyclonedx,
}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder, megabytes = sys.argv[1], float(sys.argv[2]) if len(sys.argv) == 3 else 70
    os.makedirs(folder, exist_ok=True)
    for name, write in FILES.items():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8", newline="\n", buffering=1 << 20) as out:
            write(out, megabytes, random.Random(name))
        print(f"{path}: {os.path.getsize(path) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
