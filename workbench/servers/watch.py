"""A process that removes one container when the pipe on its input closes without a word.

Started before the container is, as a script and not as a module: it must come up quickly and
needs nothing of the workbench. The engine may still be creating the container when its owner
dies, so the removal is tried for a while.
"""

import os
import sys
import time

DISMISSED = b"dismissed\n"
PATIENCE_S = 5.0


def main(name: str) -> None:
    """Wait for the owner's word or death; in the second case remove the container ``name``."""
    if sys.stdin.buffer.readline() == DISMISSED:
        return
    import docker
    from docker.errors import DockerException, NotFound

    ssh = os.environ.get("DOCKER_HOST", "").startswith("ssh://")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            docker.from_env(use_ssh_client=ssh).api.remove_container(name, v=True, force=True)
        except NotFound:
            time.sleep(0.2)
        except (DockerException, OSError):
            time.sleep(1)
        else:
            return


if __name__ == "__main__":
    main(sys.argv[1])
