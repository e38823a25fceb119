import Foundation
import Testing

@testable import Shopwire

@Suite struct RecordTests {
  @Test func hasTheChecksumOfZlib() {
    #expect(Record.crc32(Data("123456789".utf8)) == 0xCBF4_3926)
    #expect(Record.crc32(Data()) == 0)
  }

  @Test func findsTheWholeRecordsOfAFileTornAtEveryByte() {
    let payloads = ["a", "two", String(repeating: "long ", count: 60), "{}"].map { Data($0.utf8) }
    let frames = payloads.map(Record.framed)
    let file = Data(frames.joined())
    for size in 0...file.count {
      var whole = 0
      while frames.prefix(whole + 1).joined().count <= size && whole < frames.count { whole += 1 }
      #expect(Record.payloads(in: file.prefix(size)) == Array(payloads.prefix(whole)), "torn at \(size)")
      // A file system may leave zeros, or what stood there before.
      #expect(Record.payloads(in: file.prefix(size) + Data(count: 4096)) == Array(payloads.prefix(whole)))
    }
  }

  @Test func takesNoRecordWithAChangedByte() {
    let payload = Data("some event".utf8)
    let file = Record.framed(payload)
    for index in file.indices {
      for bit in 0..<8 {
        var changed = file
        changed[index] ^= 1 << bit
        #expect(Record.payloads(in: changed) == [], "byte \(index), bit \(bit)")
      }
    }
  }
}

@Suite struct EventQueueTests {
  static let start = QueuePlace(segment: 1, offset: 0)
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func open(from start: QueuePlace = start) throws -> EventQueue {
    try EventQueue(directory: directory.url, from: start)
  }

  private func texts(_ queue: EventQueue) throws -> [String] {
    try queue.first(queue.count).map { String(decoding: $0.event, as: UTF8.self) }
  }

  private func data(_ range: some Sequence<Int>) -> [Data] {
    range.map { Data("event \($0)".utf8) }
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted()
  }

  @Test func keepsEventsInOrderOverRestarts() throws {
    var queue = try open()
    try queue.append(data([1]))
    try queue.append(data([2, 3]))
    queue = try open()
    try queue.append(data([4]))
    #expect(try texts(open()) == ["event 1", "event 2", "event 3", "event 4"])
    #expect(try texts(open(from: queue.start(after: 2))) == ["event 3", "event 4"])
    #expect(try texts(open(from: queue.start(after: 4))) == [])
  }

  @Test func goesOnAfterAFileThatWasTornAtAnyByte() throws {
    var queue = try open()
    try queue.append(data(1...4))
    let name = try #require(try files().last)
    let file = directory.url.appending(path: name)
    let content = try Data(contentsOf: file)
    for size in 0..<content.count {
      try content.prefix(size).write(to: file)
      let whole = Record.payloads(in: content.prefix(size)).count
      var torn = try open()
      try torn.append(data([9]))
      let expected = (1..<whole + 1).map { "event \($0)" } + ["event 9"]
      #expect(try texts(torn) == expected, "torn at \(size)")
      #expect(try texts(open()) == expected, "torn at \(size)")
    }
  }

  @Test func doesNotTakeNewEventsForRemovedOnesAfterAFileWasTornBeforeItsStart() throws {
    var queue = try open()
    try queue.append(data(1...4))
    let start = queue.start(after: 3)
    let name = try #require(try files().last)
    for size in [0, 10, Int(start.offset) - 1, Int(start.offset)] {
      try Data(try Data(contentsOf: directory.url.appending(path: name)).prefix(size))
        .write(to: directory.url.appending(path: name))
      var torn = try open(from: start)
      try torn.append(data([5]))
      #expect(try texts(open(from: start)).last == "event 5")
    }
  }

  @Test func losesNothingButTheFileThatIsMissing() throws {
    var queue = try open()
    try queue.append(data(1...2))
    for name in try files() { try FileManager.default.removeItem(at: directory.url.appending(path: name)) }
    queue = try open(from: QueuePlace(segment: 7, offset: 100))
    #expect(queue.count == 0)
    try queue.append(data([3]))
    #expect(try texts(open(from: QueuePlace(segment: 7, offset: 100))) == ["event 3"])
  }

  @Test func beginsNewFilesAndDeletesThoseWithoutEvents() throws {
    var queue = try open()
    let large = Data(count: 300_000)
    for _ in 1...10 { try queue.append([large]) }
    #expect(try files().count == 3)
    #expect(try open().count == 10)
    let start = queue.start(after: 9)
    queue.removeFirst(9)
    #expect(try files().count == 1)
    #expect(queue.count == 1)
    #expect(try open(from: start).count == 1)
    queue.removeFirst(1)
    try queue.append(data([1]))
    queue.removeFirst(1)
    #expect(try files().count == 1)
    // The large file is gone, though the queue was never opened again.
    #expect(try Data(contentsOf: directory.url.appending(path: files()[0])).count < 1000)
  }

  @Test func makesRequestsOfAtMostSoManyEventsAndBytes() throws {
    var queue = try open()
    #expect(queue.prefixCount(maxCount: 10, maxBytes: 100) == 0)
    try queue.append((1...5).map { _ in Data(count: 9) })
    #expect(queue.prefixCount(maxCount: 3, maxBytes: 1000) == 3)
    #expect(queue.prefixCount(maxCount: 10, maxBytes: 22) == 2)
    // The server shall refuse it, not the queue stop.
    #expect(queue.prefixCount(maxCount: 10, maxBytes: 5) == 1)
  }
}

@Suite struct StateFileTests {
  @Test func keepsTheLastStateOrTheOneBeforeItTornAtEveryByte() throws {
    let directory = try TemporaryDirectory()
    let url = directory.url.appending(path: "state")
    var file = try StateFile(url)
    let producer = file.state.producer
    var states: [SenderState] = [file.state]
    for sequence in 2...3 {
      var state = file.state
      state.sequence = UInt64(sequence)
      state.requestCount = sequence * 10
      state.start = QueuePlace(segment: 3, offset: UInt64(sequence) << 33)
      try file.write(state)
      states.append(state)
    }
    let before = try Data(contentsOf: url)
    var last = file.state
    last.sequence = 4
    try file.write(last)
    let after = try Data(contentsOf: url)
    #expect(after.count == before.count)
    for size in 0...after.count {
      // Of the last write, only the first bytes have come to the disk.
      try (after.prefix(size) + before.dropFirst(size)).write(to: url)
      let read = try StateFile(url).state
      #expect(read == last || read == states.last, "torn at \(size)")
      #expect(read.producer == producer)
    }
    try after.write(to: url)
    #expect(try StateFile(url).state == last)
  }

  @Test func beginsWithANewProducerIfNothingCanBeRead() throws {
    let directory = try TemporaryDirectory()
    let url = directory.url.appending(path: "state")
    let old = try StateFile(url).state
    try Data(count: 1024).write(to: url)
    let new = try StateFile(url).state
    #expect(new.producer.id != old.producer.id)
    #expect(new.sequence == 1)
    #expect(try StateFile(url).state == new)
  }
}

@Suite struct SetAsideListTests {
  private func event(_ id: String) -> SetAsideEvent {
    SetAsideEvent(id: id, event: sampleEvent(), sharedSession: nil, code: nil, reason: "no", errors: [])
  }

  @Test func keepsEventsOnce() throws {
    let directory = try TemporaryDirectory()
    let url = directory.url.appending(path: "set-aside.json")
    var list = try SetAsideList(url)
    try list.add([event("1"), event("2")])
    list = try SetAsideList(url)
    try list.add([event("2"), event("3")])
    try list.remove(["1"])
    #expect(try SetAsideList(url).events.map(\.id) == ["2", "3"])
  }

  @Test func keepsAFileThatItCannotRead() throws {
    let directory = try TemporaryDirectory()
    let url = directory.url.appending(path: "set-aside.json")
    try Data("[{".utf8).write(to: url)
    var list = try SetAsideList(url)
    #expect(list.events == [])
    try list.add([event("1")])
    let kept = try Data(contentsOf: directory.url.appending(path: "set-aside.unreadable"))
    #expect(String(decoding: kept, as: UTF8.self) == "[{")
  }
}
