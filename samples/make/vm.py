"""Boots the guest under QEMU's emulation and waits until it powers off."""
import os
import subprocess

BOOT_LIMIT = 1800
CLOCK = "2026-06-01T08:00:00"    # the guest's clock starts here in every boot

MACHINES = {
    "amd64": ["qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-append", "console=ttyS0 {boot}"],
    "arm64": ["qemu-system-aarch64", "-M", "virt", "-cpu", "max,pauth-impdef=on", "-append", "console=ttyAMA0 {boot}"],
}
BOOT = "root=/dev/vda rw quiet loglevel=4 mitigations=off no_timer_check oops=panic panic=-1 init=/guest-init"


class Disk:
    def __init__(self, path, serial, sector=512, writable=False):
        self.path, self.serial, self.sector, self.writable = path, serial, sector, writable

    def arguments(self, number):
        drive = f"file={self.path},format=raw,if=none,id=d{number}" + ("" if self.writable else ",snapshot=on")
        device = f"virtio-blk-pci,drive=d{number},serial={self.serial}"
        if self.sector != 512:
            device += f",logical_block_size={self.sector},physical_block_size={self.sector}"
        return ["-drive", drive, "-device", device]


def boot(arch, guest, shared, disks):
    """guest: folder with vmlinuz, initrd.img, root.img; shared: folder that the guest sees as /host."""
    command = [word.replace("{boot}", BOOT) for word in MACHINES[arch]]
    command += ["-accel", "tcg", "-smp", "1", "-m", "1500", "-nographic", "-no-reboot", "-nic", "none",
                "-rtc", f"base={CLOCK}", "-kernel", f"{guest}/vmlinuz", "-initrd", f"{guest}/initrd.img",
                "-virtfs", f"local,path={shared},mount_tag=host,security_model=none,multidevs=remap"]
    for number, disk in enumerate([Disk(f"{guest}/root.img", "root")] + disks):
        command += disk.arguments(number)
    log = os.path.join(shared, "console.log")
    with open(log, "ab") as f:
        machine = subprocess.Popen(["nice"] + command, stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)
        try:
            machine.wait(timeout=BOOT_LIMIT)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"the guest did not power off, see {log}") from None
        finally:
            if machine.poll() is None:
                machine.kill()
                machine.wait()
