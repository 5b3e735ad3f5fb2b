"""The built command, asked as its users ask it: what it prints, how long it takes, how much memory it holds."""

import json
import os
import signal
import subprocess
import tempfile
import time

GRADCAM = os.environ["GRADCAM"]
NODE = os.environ.get("NODE", "node")
PEAK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peak.mjs")
LIMIT = float(os.environ.get("COMMAND_LIMIT", "120"))


def run(words: list[str]) -> dict:
    """Exit code, both streams, seconds and peak memory in MB of one process."""
    begin = time.monotonic()
    peak = os.path.join(tempfile.gettempdir(), f"peak-{os.getpid()}")
    # a process forked from this one counts this one's memory as its own: the shell between them has little
    shell = ["sh", "-c", '"$@"; exit $?', "sh", NODE, "--import", PEAK, *words]
    process = subprocess.Popen(
        shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=os.environ["ASK_FROM"], env={**os.environ, "PEAK": peak}, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=LIMIT)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        code = "timeout"
    seconds = time.monotonic() - begin
    memory = None
    if os.path.exists(peak):
        with open(peak) as file:
            memory = float(file.read() or 0)
        os.remove(peak)
    return {"code": code, "out": out, "err": err[-3000:], "seconds": seconds, "memory": memory}


def gradcam(*words: str) -> dict:
    """One command with `--json`; `lines` is what it printed, one value for a document or a line."""
    answer = run([GRADCAM, *words])
    text = answer.pop("out")
    try:
        answer["lines"] = [json.loads(text)]
    except ValueError:
        try:
            answer["lines"] = [json.loads(line) for line in text.splitlines() if line]
        except ValueError:
            answer["lines"] = []
            answer["err"] += f"\nnot JSON: {text[:500]}"
    return answer


def plain(model: str, image: str) -> dict:
    """The plain runtime, in the same process as nothing else."""
    answer = run([os.path.join(os.path.dirname(__file__), "..", "plain.mjs"), model, image])
    try:
        return json.loads(answer["out"])
    except ValueError:
        return {"error": answer["err"][-500:]}

