import Foundation

/// A place in a queue: a byte of one of its files. Places grow.
struct QueuePlace: Hashable, Comparable, Sendable {
  /// The file's number.
  var segment: UInt64
  var offset: UInt64

  static func < (a: QueuePlace, b: QueuePlace) -> Bool {
    (a.segment, a.offset) < (b.segment, b.offset)
  }
}

/// Events on disk, in order: numbered files with one record for each event (`Record`). New events are added to the last file; files
/// that have only removed events are deleted. Where the queue begins is kept elsewhere (`SenderState`).
struct EventQueue {
  /// A longer file gets no more events.
  static let maxSegmentBytes = 1 << 20
  /// A longer file is deleted when all its events are removed; a shorter one is used further.
  static let minDeletedBytes = 64 << 10

  private struct Entry {
    let place: QueuePlace
    let payloadBytes: Int

    var end: QueuePlace {
      QueuePlace(segment: place.segment, offset: place.offset + UInt64(Record.headerBytes + payloadBytes))
    }
  }

  private let directory: URL
  /// Files that may have events, the oldest first; the last one is written to.
  private var segments: [UInt64]
  private var last: File
  private var lastBytes: Int
  /// True after a write failed, and what it left could not be removed.
  private var hasRemains = false
  private var entries: ArraySlice<Entry> = []

  var count: Int { entries.count }

  /// The first event; after the last one if there is none.
  var start: QueuePlace {
    entries.first?.place ?? QueuePlace(segment: segments.last!, offset: UInt64(lastBytes))
  }

  /// Reads the queue. What follows the last whole record of a file is cut off.
  ///
  /// - Parameter start: events before it were removed
  init(directory: URL, from start: QueuePlace) throws(FileError) {
    self.directory = directory
    let all = Self.segments(in: directory)
    for segment in all where segment < start.segment { try Files.remove(Self.url(segment, in: directory)) }
    segments = all.filter { $0 >= start.segment }
    // The file is lost: continue with a new number.
    if segments.isEmpty { segments = [start.offset == 0 ? start.segment : start.segment + 1] }
    last = try File(Self.url(segments.last!, in: directory))
    lastBytes = try last.size
    for segment in segments {
      let file = try File(Self.url(segment, in: directory))
      let content = try file.read(at: 0, count: try file.size)
      var offset = 0
      for payload in Record.payloads(in: content) {
        let entry = Entry(
          place: QueuePlace(segment: segment, offset: UInt64(offset)), payloadBytes: payload.count)
        if entry.place >= start { entries.append(entry) }
        offset += Record.headerBytes + payload.count
      }
      if segment == segments.last { lastBytes = offset }
    }
    try last.truncate(to: lastBytes)
    // Events must not be written before the start, which may lie beyond what is left of a torn file.
    if QueuePlace(segment: segments.last!, offset: UInt64(lastBytes)) < start { try beginSegment() }
    try Files.syncDirectory(directory)
  }

  /// Adds events at the end, all or none. Returns after they are on the disk.
  mutating func append(_ events: [Data]) throws(FileError) {
    if hasRemains { try removeRemains() }
    if lastBytes > (entries.isEmpty ? Self.minDeletedBytes : Self.maxSegmentBytes) { try beginSegment() }
    do throws(FileError) {
      try last.write(events.reduce(into: Data()) { $0.append(Record.framed($1)) }, at: lastBytes)
      try last.sync()
    } catch {
      hasRemains = true
      try? removeRemains()
      throw error
    }
    for event in events {
      let place = QueuePlace(segment: segments.last!, offset: UInt64(lastBytes))
      entries.append(Entry(place: place, payloadBytes: event.count))
      lastBytes += Record.headerBytes + event.count
    }
  }

  /// How many of the first events make a request: at most `maxCount`, with at most `maxBytes` as a JSON array, and at least one.
  func prefixCount(maxCount: Int, maxBytes: Int) -> Int {
    var bytes = 2
    let fitting = entries.prefix(maxCount).prefix { entry in
      bytes += entry.payloadBytes + 1
      return bytes <= maxBytes
    }
    return max(min(1, count), fitting.count)
  }

  /// The first events.
  func first(_ count: Int) throws(FileError) -> [(place: QueuePlace, event: Data)] {
    var found: [(QueuePlace, Data)] = []
    var file = last
    var segment = segments.last!
    for entry in entries.prefix(count) {
      if entry.place.segment != segment {
        segment = entry.place.segment
        file = try File(Self.url(segment, in: directory))
      }
      let bytes = try file.read(at: Int(entry.place.offset), count: Record.headerBytes + entry.payloadBytes)
      guard let event = Record.firstPayload(of: bytes) else {
        throw FileError(operation: "read", path: file.path, code: EIO)
      }
      found.append((entry.place, event))
    }
    return found
  }

  /// Where the queue begins after its first `count` events.
  func start(after count: Int) -> QueuePlace {
    count < entries.count ? entries[entries.startIndex + count].place : (entries.last?.end ?? start)
  }

  /// Removes the first events. To be called after the new start was kept; files without events are deleted.
  mutating func removeFirst(_ count: Int) {
    entries = entries.dropFirst(count)
    for segment in segments.prefix(while: { $0 < start.segment }) {
      // If that fails, it is deleted when the queue is opened again.
      try? Files.remove(Self.url(segment, in: directory))
      segments.removeFirst()
    }
  }

  private mutating func beginSegment() throws(FileError) {
    let segment = segments.last! + 1
    let file = try File(Self.url(segment, in: directory))
    try file.truncate(to: 0)
    try Files.syncDirectory(directory)
    segments.append(segment)
    last = file
    lastBytes = 0
  }

  private mutating func removeRemains() throws(FileError) {
    try last.truncate(to: lastBytes)
    hasRemains = false
  }

  private static func url(_ segment: UInt64, in directory: URL) -> URL {
    directory.appending(path: "events-\(segment).log")
  }

  private static func segments(in directory: URL) -> [UInt64] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("events-"), name.hasSuffix(".log") else { return nil }
      return UInt64(name.dropFirst("events-".count).dropLast(".log".count))
    }.sorted()
  }
}
