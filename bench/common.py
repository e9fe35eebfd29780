"""What the benchmark scripts share: running Veil, describing the machine, models, medians. Standard library alone."""
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "docs/figures"
IMAGES = ROOT / "docs/images"
VENV = ROOT / "build/bench-venv"
LEVELS = ("portable", "adx", "ifma")
# The phases that make a proof; key, input and write are reading and writing files.
PROOF_PHASES = ("witness", "commit", "pads", "statement", "lookup", "einsum", "columns", "fold", "open")


class Refused(Exception):
    """Veil or another tool says that it cannot do this; the text is its sentence."""


def in_venv(requirements="requirements.txt"):
    """Runs this script again inside build/bench-venv, which has the packages of bench/<requirements>."""
    wanted = (ROOT / "bench" / requirements).read_text()
    stamp = VENV / f"installed-{requirements}"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing bench/{requirements} into {VENV.relative_to(ROOT)}", file=sys.stderr)
        if not (VENV / "bin/python").exists():
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--requirement",
                        ROOT / "bench" / requirements], check=True)
        stamp.write_text(wanted)
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(VENV / "bin/python", [str(VENV / "bin/python"), *sys.argv])


def run_program(*words, environment=None):
    """Runs a program to its end: (exit code, stdout, stderr)."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def children_cpu():
    """CPU seconds of all programs that have been run to their end."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Veil:
    def __init__(self, program):
        self.program = Path(program)
        if not self.program.exists():
            raise SystemExit(f"{program} is not there: cmake --preset release && cmake --build --preset release")

    def run(self, command, *words, level=None, threads=None):
        """The JSON object that a command prints. Refused: exit code 1 or 2."""
        environment = {"VEIL_CPU": level} if level else {}
        more = ["--threads", threads] if threads else []
        code, out, err = run_program(self.program, command, *words, "--json", *more, environment=environment)
        said = json.loads(out) if out else {"error": err.strip()}
        if code != 0:
            raise Refused(said.get("error") or said.get("sentence") or said.get("reason") or f"exit code {code}")
        return said

    def cpu_level(self):
        """The kernels that it chooses on this machine, as the profile of a small setup says."""
        credit = ROOT / "examples/credit"
        with tempfile.TemporaryDirectory(prefix="veil-bench-") as folder:
            said = self.run("setup", credit / "credit.onnx", "--calibrate", credit / "calibration.csv", "--bits", 8, "--out",
                            folder, "--profile", Path(folder) / "profile.json")
        return said["profile"]["cpu_level"]

    def version(self):
        return run_program(self.program, "--version")[1].strip()


def median(values):
    return statistics.median(values)


def medians(objects):
    """Of equal JSON objects: one object with the median of every number."""
    first = objects[0]
    if isinstance(first, dict):
        return {key: medians([one[key] for one in objects]) for key in first}
    if isinstance(first, bool) or not isinstance(first, (int, float)):
        return first
    return median(objects)


def proof_time(profile, clock="cpu"):
    """Milliseconds of a proof without reading and writing files."""
    return sum(profile["phases_ms"][phase][clock] for phase in PROOF_PHASES if phase in profile["phases_ms"])


def cpu_name():
    with open("/proc/cpuinfo") as cpuinfo:
        fields = dict(re.split(r"\s*:\s*", line.strip(), maxsplit=1) for line in cpuinfo.read().split("\n\n")[0].splitlines()
                      if ":" in line)
    return f"{fields.get('model name', '?')}, family {fields.get('cpu family', '?')} model {fields.get('model', '?')}"


def memory_gib():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def compiler_of(program):
    """The compiler of a build folder, from its cache: "g++ (Debian 12.2.0) 12.2.0, Release"."""
    cache = Path(program).resolve().parent / "CMakeCache.txt"
    if not cache.exists():
        return "unknown"
    found = dict(re.findall(r"^(CMAKE_CXX_COMPILER|CMAKE_BUILD_TYPE):[A-Z]+=(.*)$", cache.read_text(), re.MULTILINE))
    version = run_program(found["CMAKE_CXX_COMPILER"], "--version")[1].splitlines()[0]
    return f"{version}, {found['CMAKE_BUILD_TYPE']}"


def commit():
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=10"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def machine(veil, level):
    return {"cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "memory_gib": memory_gib(), "cpu_level": level,
            "compiler": compiler_of(veil.program), "veil": veil.version(), "commit": commit(),
            "load_average": round(os.getloadavg()[0], 1)}


def machine_text(about):
    return (f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB; kernels: {about['cpu_level']}; "
            f"{about['compiler']}; {about['veil']} ({about['commit']}); load average at the start {about['load_average']}")


def save_json(path, content):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")
