#!/usr/bin/python3
# Sends frames as the guest behind a tap device, and prints which of them come out of others.
#   frames.py FROM TO…   frames in hexadecimal on stdin, one per line; prints {"TO": [frame, …], …}
# Sends all of them again and again, since a port takes a moment to become one, until all have come out everywhere or three
# seconds are over. What is none of them is not looked at.
import fcntl
import json
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000


def open_tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return device


sender = open_tap(sys.argv[1])
receivers = {open_tap(name): name for name in sys.argv[2:]}
frames = [bytes.fromhex(line.strip()) for line in sys.stdin if line.strip()]
seen = {name: set() for name in receivers.values()}
end = time.monotonic() + 3
while time.monotonic() < end and any(len(found) < len(frames) for found in seen.values()):
    for frame in frames:
        try:
            os.write(sender, frame)
        except OSError:
            pass  # down for the moment
    pause = time.monotonic() + 0.2
    while time.monotonic() < pause:
        for device in select.select([*receivers, sender], [], [], 0.05)[0]:
            frame = os.read(device, 2048)
            if device in receivers and frame in frames:
                seen[receivers[device]].add(frame.hex())
print(json.dumps({name: sorted(found) for name, found in seen.items()}))
