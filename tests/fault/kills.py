"""What the fault tests do to a system: kill -9 of one process, or of all of them, under load."""
import os
import signal

from checker import Load
from system import wait_for

PROGRAMS = ("tributary-producer", "tributary-consumer", "lambda_api/bootstrap", "lambda_s3/bootstrap")


def wait_for_progress(load, events):
    """Lets the load go on until so many more events were accepted."""
    goal = len(load.accepted) + events
    wait_for(lambda: len(load.accepted) >= goal, f"{events} more accepted events")


def kill_one(system, program):
    pids = wait_for(lambda: system.pids(program), f"a running {program}")
    os.kill(pids[0], signal.SIGKILL)


def kill_all_and_restart(system):
    system.kill()
    system.log.close()
    system.start()


def kill_during_load(system, plan):
    """Kills what `plan` names, one after another, with accepted events in between; returns the load
    for the checker."""
    with Load(system) as load:
        for target in plan:
            wait_for_progress(load, 400)
            if target == "all":
                kill_all_and_restart(system)
            else:
                kill_one(system, target)
        system.wait_ready()
        wait_for_progress(load, 400)
    return load
