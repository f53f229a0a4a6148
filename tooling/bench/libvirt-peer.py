"""The peer of `pnpm bench libvirt`: does with libvirt's C library what the bench asks for, a line of JSON at a time."""
import json
import sys
import threading
import time

import libvirt

libvirt.registerErrorHandler(lambda context, error: None, None)


def sequential(conn, count):
    times = []
    for _ in range(count):
        started = time.perf_counter_ns()
        conn.getLibVersion()
        times.append((time.perf_counter_ns() - started) / 1000)
    return times


def concurrent(conn, count, width):
    def work(calls):
        for _ in range(calls):
            conn.getLibVersion()

    threads = [threading.Thread(target=work, args=(count // width,)) for _ in range(width)]
    started = time.perf_counter_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter_ns() - started) / 1000 / (count // width * width)


def opening(uri, count):
    times = []
    for _ in range(count):
        started = time.perf_counter_ns()
        conn = libvirt.open(uri)
        times.append((time.perf_counter_ns() - started) / 1e6)
        conn.close()
    return times


def download(conn, path):
    volume = conn.storageVolLookupByPath(path)
    stream = conn.newStream()
    started = time.perf_counter_ns()
    volume.download(stream, 0, 0, 0)
    received = 0
    while True:
        data = stream.recv(262120)
        if not data:
            break
        received += len(data)
    stream.finish()
    return received / 1048576 / ((time.perf_counter_ns() - started) / 1e9)


def listing(conn):
    started = time.perf_counter_ns()
    found = conn.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)
    return {"ms": (time.perf_counter_ns() - started) / 1e6, "domains": len(found)}


def main():
    connections = {}

    def of(uri):
        if uri not in connections:
            connections[uri] = libvirt.open(uri)
        return connections[uri]

    acts = {
        "sequential": lambda a: sequential(of(a["uri"]), a["count"]),
        "concurrent": lambda a: concurrent(of(a["uri"]), a["count"], a["width"]),
        "opening": lambda a: opening(a["uri"], a["count"]),
        "download": lambda a: download(of(a["uri"]), a["path"]),
        "listing": lambda a: listing(of(a["uri"])),
    }
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(acts[asked["act"]](asked)), flush=True)


main()
