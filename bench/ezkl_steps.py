"""One step of EZKL in a process of its own, with its time and memory as JSON on the last line. See bench/compare.

    bench/ezkl_steps.py STEP FOLDER [JSON OPTIONS]        steps: settings compile srs setup witness prove verify
"""
import json
import os
import resource
import sys
import time

import ezkl

MEMORY_BYTES = 12 << 30  # more than that and the step fails, instead of the machine


def run_args(options):
    out = ezkl.PyRunArgs()
    out.input_visibility = options["input"]
    out.param_visibility = options["params"]
    out.output_visibility = "public"
    out.input_scale = out.param_scale = options["scale"]
    return out


def settings(options):
    """The circuit's shape; the smallest that fits the sample rows (EZKL's own calibration for resources)."""
    ezkl.gen_settings("model.onnx", "settings.json", py_run_args=run_args(options))
    ezkl.calibrate_settings("calibration.json", "model.onnx", "settings.json", "resources", scales=[options["scale"]])


def srs(_):
    """Made here from a known secret: unsafe for anything but timing. Real use takes one from a ceremony."""
    with open("settings.json") as file:
        log_rows = json.load(file)["run_args"]["logrows"]
    ezkl.gen_srs("srs", log_rows)


STEPS = {
    "settings": settings,
    "compile": lambda _: ezkl.compile_circuit("model.onnx", "model.compiled", "settings.json"),
    "srs": srs,
    "setup": lambda _: ezkl.setup("model.compiled", "vk", "pk", "srs"),
    "witness": lambda _: ezkl.gen_witness("input.json", "model.compiled", "witness.json"),
    "prove": lambda _: ezkl.prove("witness.json", "model.compiled", "pk", "proof.json", "srs"),
    "verify": lambda _: ezkl.verify("proof.json", "settings.json", "vk", "srs"),
}


def peak_rss_bytes():
    """Of this process alone; getrusage also counts what it was before exec."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def main():
    step, folder = sys.argv[1:3]
    options = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    os.chdir(folder)
    cpu, wall = time.process_time(), time.monotonic()
    result = STEPS[step](options)
    times = {"cpu_s": time.process_time() - cpu, "wall_s": time.monotonic() - wall}
    if step == "verify" and result is not True:
        raise SystemExit("EZKL does not accept its own proof")
    print("\n" + json.dumps({**times, "peak_rss_bytes": peak_rss_bytes()}))


if __name__ == "__main__":
    main()
