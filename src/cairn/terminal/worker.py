"""Runs queued tasks until it is told to stop: woken by a broker where there is one, else it looks itself."""

import signal

from cairn.logs import set_up_logs
from cairn.prepare import prepare_patiently
from cairn.settings import read_settings


def work() -> int:
    """The exit code. One that was told to stop and did is 0, whoever told it."""
    settings = read_settings()
    set_up_logs(settings.log_format, secrets=settings.secrets)
    prepare_patiently(settings, work=True)
    if settings.broker:
        from cairn.worker.celery import work_beside_broker

        return work_beside_broker()
    from cairn.worker.process import Process

    process = Process(settings)
    process.heed(signal.SIGTERM, signal.SIGINT)
    process.start()
    process.join()
    return 1 if process.broke else 0
