#include "core/source/file_source.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace coldread::source {
namespace {

constexpr std::size_t kSector = 512;

/// Adds [offset, offset + length) to the faults, merged with the one before it where they touch for the same reason.
void add_fault(std::vector<ReadFault>& faults, ByteRange range, std::string reason) {
  if (!faults.empty() && faults.back().range.offset + faults.back().range.length == range.offset &&
      faults.back().reason == reason) {
    faults.back().range.length += range.length;
  } else {
    faults.push_back({range, std::move(reason)});
  }
}

}  // namespace

Result<std::shared_ptr<const FileSource>> FileSource::open(const std::string& path, Medium medium) {
  // O_NONBLOCK: opening a fifo by mistake must not wait for a writer. It has no effect on files and disks.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  int fd = ::open(path.c_str(), kFlags | O_NOATIME);
  if (fd < 0 && errno == EPERM) fd = ::open(path.c_str(), kFlags);  // O_NOATIME is the owner's right only
  if (fd < 0) return fail(ErrorKind::kNotFound, path, std::string("cannot be opened: ") + std::strerror(errno));

  struct stat st {};
  std::uint64_t size = 0;
  const bool known = ::fstat(fd, &st) == 0;
  if (known && S_ISREG(st.st_mode)) {
    size = static_cast<std::uint64_t>(st.st_size);
  } else if (known && S_ISBLK(st.st_mode)) {
    if (::ioctl(fd, BLKGETSIZE64, &size) != 0) {
      const int error = errno;
      ::close(fd);
      return fail(ErrorKind::kRead, path, std::string("the device does not tell its size: ") + std::strerror(error));
    }
  } else {
    ::close(fd);
    return fail(ErrorKind::kNotFound, path,
                "is neither a regular file nor a block device; give a disk image or a device");
  }
  return std::shared_ptr<const FileSource>(new FileSource(fd, size, S_ISBLK(st.st_mode), medium));
}

FileSource::~FileSource() { ::close(fd_); }

std::size_t FileSource::read_some(std::uint64_t offset, MutableByteSpan out, int& error) const {
  error = 0;
  std::size_t done = 0;
  while (done < out.size()) {
    if (offset + done > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) break;
    const ssize_t n = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) error = errno;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::vector<ReadFault> FileSource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  int error = 0;
  std::size_t done = read_some(offset, out, error);
  if (done == out.size()) return {};

  std::vector<ReadFault> faults;
  while (done < out.size()) {
    const std::uint64_t at = offset + done;
    const std::size_t to_sector_end = kSector - static_cast<std::size_t>(at % kSector);
    const MutableByteSpan sector = out.subspan(done, std::min(to_sector_end, out.size() - done));
    const std::size_t got = error == 0 ? 0 : read_some(at, sector, error);
    if (got < sector.size() && error == 0) {
      const MutableByteSpan rest = out.subspan(done + got);
      std::fill(rest.begin(), rest.end(), std::byte{0});
      add_fault(faults, {at + got, rest.size()}, "past the end of the image");
      return faults;
    }
    if (got < sector.size()) {
      std::fill(sector.begin(), sector.end(), std::byte{0});
      add_fault(faults, {at, sector.size()}, std::string("the medium could not be read: ") + std::strerror(error));
    }
    done += sector.size();
    if (done < out.size()) {  // past the bad sector, large reads are worth trying again
      done += read_some(offset + done, out.subspan(done), error);
    }
  }
  return faults;
}

std::vector<Placement> FileSource::locate(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return {};
  return {{{offset, length}, medium_, offset}};
}

}  // namespace coldread::source
