"""Real servers for tests: a stack in a test's own folder, on free ports, gone afterwards.

    with Stack(tmp_path, kraft=True) as stack:
        start_program(stack.settings)    # KAFKA_BOOTSTRAP_SERVERS, ELASTICSEARCH_URL
        stack.broker.kill()              # kill -9; also stop, pause, resume, restart, start
        stack.broker.start()             # waits until it answers
        stack.index.pause()              # SIGSTOP: connections stay, nothing answers

Everything is found by PID and bound to 127.0.0.1. `stack.broker.create_topic("orders")`,
`stack.index.log` (a path) and `stack.zookeeper` (None with KRaft) are there, too.
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "stack"))
from local_stack import LocalStack, StackError  # noqa: E402, F401


class Stack(LocalStack):
    """Takes what LocalStack takes; the ports are free ones, and leaving it stops all and wipes."""

    def __init__(self, folder, **options):
        super().__init__(folder, **{"base_port": 0, **options})

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.down(wipe=True)
