"""What the guest does in one boot: populates, walks, or reads damaged files of, the disks of all samples in /host/job.json."""
import glob
import json
import os
import subprocess
import time
import traceback

import page_reads
from populate import Populate, run
from walk import Walk

MODULES = ("ext4", "f2fs", "quota_v2", "vfat", "nls_ascii", "nls_cp437", "nls_utf8", "xts", "cts", "aes_generic", "sha256", "sha512")
SECTOR = 512     # the unit of sysfs, whatever the disk's
DAY = 86400


def disk_by_serial(serial):
    for path in glob.glob("/sys/block/vd*/serial"):
        with open(path) as f:
            if f.read().strip() == serial:
                return "/dev/" + path.split("/")[3]
    raise RuntimeError(f"no disk {serial}")


def load(path):
    with open(path) as f:
        return json.load(f)


def save(path, value):
    with open(path, "w") as f:
        json.dump(value, f)


def volumes(sample, device):
    """(name of its files, device, spec) of each file system; a disk has one or none on each partition."""
    if "partitions" not in sample:
        yield "", device, sample
        return
    for index, spec in sample["partitions"].items():
        if spec:
            yield f"_p{index}", f"{device}{index}", spec


def journal_of(sample):
    return disk_by_serial(sample["serial"] + "j") if "journal_mib" in sample else None


def members_of(sample):
    """The devices beyond the first, under names that do not change: f2fs notes them in its superblock."""
    members = []
    for number in range(1, len(sample.get("members_mib", ())) + 1):
        members.append(f"/dev/{sample['name']}-{number}")
        if not os.path.islink(members[-1]):
            os.symlink(disk_by_serial(f"{sample['serial']}m{number}"), members[-1])
    return members


def populate(sample, device, folder):
    if "partitions" in sample:
        run(["sfdisk", "--quiet", device], input=sample["sfdisk"].encode())
    for name, volume, spec in volumes(sample, device):
        mount_point = f"/mnt/{sample['name']}{name}"
        os.makedirs(mount_point)
        populate = Populate(spec, volume, mount_point, folder, journal_of(sample), members_of(sample))
        save(f"{folder}/populated{name}.json", populate.run())


def walk(sample, device, folder):
    members_of(sample)
    for name, volume, spec in volumes(sample, device):
        mount_point = f"/mnt/{sample['name']}{name}"
        os.makedirs(mount_point)
        if "options_as_it_lies" in spec:
            as_it_lies = {**spec, "walk_options": spec["options_as_it_lies"]}
            populated = {**load(f"{folder}/populated{name}.json"), "written": {}}
            run(["blockdev", "--setro", volume])      # otherwise even this mount deletes orphans, and writes
            save(f"{folder}/truth{name}_noload.json", Walk(as_it_lies, populated, volume, mount_point, folder).run())
            run(["blockdev", "--setrw", volume])
        if spec.get("crash") or spec.get("shutdown"):
            # Recovery dates some of what it changes by its own clock: that shall be told from what was on the disk.
            spec["recovered_after_ns"] = (int(time.time()) + DAY) * 10**9
            time.clock_settime_ns(time.CLOCK_REALTIME, spec["recovered_after_ns"])
        if "journal_mib" in sample:
            spec = {**spec, "walk_options": f"{spec['walk_options']},journal_path={journal_of(sample)}"}
        save(f"{folder}/truth{name}.json",
             Walk(spec, load(f"{folder}/populated{name}.json"), volume, mount_point, folder).run())
    if "partitions" in sample:
        save(f"{folder}/truth.json", table_facts(sample, device))
    if "damage" in sample:
        save(f"{folder}/before.json", page_reads.PageReads(sample, device, mount_point, load(f"{folder}/truth.json")).all())


def read_damaged(sample, device, folder):
    """The files once more, after the host damaged them."""
    truth, mount_point = load(f"{folder}/truth.json"), f"/mnt/{sample['name']}"
    os.makedirs(mount_point)
    after = page_reads.PageReads(sample, device, mount_point, truth).all()
    page_reads.add_to(truth, load(f"{folder}/before.json"), after)
    save(f"{folder}/truth.json", truth)


def table_facts(sample, device):
    """The partition table as the kernel and sfdisk read it; start and sectors are in sectors of the disk."""
    base = os.path.basename(device)
    sector = int(open(f"/sys/block/{base}/queue/logical_block_size").read())
    partitions = []
    for index, spec in sample["partitions"].items():
        here = f"/sys/class/block/{base}{index}/"
        start, sectors = (int(open(here + name).read()) * SECTOR // sector for name in ("start", "size"))
        facts = {"index": int(index), "start": start, "sectors": sectors, "fs": spec["fs"] if spec else None}
        if spec:
            facts["truth"] = f"truth_p{index}.json"
        partitions.append(facts)
    return {"table": sample["table"], "sector_size": sector, "sfdisk": json.loads(run(["sfdisk", "-J", device])),
            "partitions": partitions}


def main():
    job = load("/host/job.json")
    for module in MODULES:
        subprocess.run(["modprobe", "-q", module])
    os.umask(0o022)
    for sample in job["samples"]:
        folder = f"/host/{sample['name']}"
        if os.path.exists(f"{folder}/error.txt"):      # of the phase before
            continue
        try:
            device = disk_by_serial(sample["serial"])
            {"populate": populate, "walk": walk, "read_damaged": read_damaged}[job["phase"]](sample, device, folder)
            print(f"{job['phase']} {sample['name']}: done", flush=True)
        except Exception:
            with open(f"{folder}/error.txt", "w") as f:
                traceback.print_exc(file=f)
            print(f"{job['phase']} {sample['name']}: failed", flush=True)


if __name__ == "__main__":
    main()
