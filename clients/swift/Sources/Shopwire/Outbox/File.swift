import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A failed operation on a file.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// As in "write".
  public let operation: String
  public let path: String
  /// `errno`: `ENOSPC` for a full disk.
  public let code: Int32

  public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

  public var description: String { "\(operation) \(path): \(String(cString: strerror(code)))" }
}

/// An open file, by the calls that say what is on the disk and what is not.
final class File {
  let path: String
  private let descriptor: Int32

  /// Opens a file to read and write, and creates it if it is missing.
  init(_ url: URL) throws(FileError) {
    path = url.path
    // Another process, started by this one, must not hold the lock.
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw FileError(operation: "open", path: path, code: errno) }
  }

  deinit {
    close(descriptor)
  }

  var size: Int {
    get throws(FileError) {
      var status = stat()
      try check(fstat(descriptor, &status), "stat")
      return Int(status.st_size)
    }
  }

  /// Fewer bytes at the end of the file.
  func read(at offset: Int, count: Int) throws(FileError) -> Data {
    var data = Data(count: count)
    var done = 0
    while done < count {
      let got = data.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
      }
      if got < 0 && errno == EINTR { continue }
      try check(got, "read")
      if got == 0 { break }
      done += got
    }
    return data.prefix(done)
  }

  func write(_ data: Data, at offset: Int) throws(FileError) {
    var done = 0
    while done < data.count {
      let wrote = data.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress! + done, data.count - done, off_t(offset + done))
      }
      if wrote < 0 && errno == EINTR { continue }
      try check(wrote, "write")
      done += wrote
    }
  }

  func truncate(to size: Int) throws(FileError) {
    try check(ftruncate(descriptor, off_t(size)), "truncate")
  }

  /// Returns after everything that was written is on the disk.
  func sync() throws(FileError) {
    #if canImport(Darwin)
      // fsync of these systems leaves data in the disk's own cache.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    #endif
    try check(fsync(descriptor), "fsync")
  }

  /// Takes the file for this process until this object is gone. False if another one has it.
  func lock() throws(FileError) -> Bool {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw FileError(operation: "lock", path: path, code: errno)
  }

  private func check(_ result: some SignedInteger, _ operation: String) throws(FileError) {
    if result < 0 { throw FileError(operation: operation, path: path, code: errno) }
  }
}

/// Files as wholes.
enum Files {
  /// After this, files that were created in a directory, renamed or removed there are so after a crash, too.
  static func syncDirectory(_ directory: URL) throws(FileError) {
    let descriptor = open(directory.path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(operation: "open", path: directory.path, code: errno) }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 { throw FileError(operation: "fsync", path: directory.path, code: errno) }
  }

  /// Replaces a file: after a crash it is either the old one or the new one.
  static func replace(_ url: URL, with data: Data) throws(FileError) {
    let draft = url.appendingPathExtension("draft")
    do throws(FileError) {
      let file = try File(draft)
      try file.truncate(to: 0)
      try file.write(data, at: 0)
      try file.sync()
    } catch {
      unlink(draft.path)
      throw error
    }
    if rename(draft.path, url.path) != 0 { throw FileError(operation: "rename", path: draft.path, code: errno) }
    try syncDirectory(url.deletingLastPathComponent())
  }

  static func remove(_ url: URL) throws(FileError) {
    if unlink(url.path) != 0 { throw FileError(operation: "remove", path: url.path, code: errno) }
  }
}
