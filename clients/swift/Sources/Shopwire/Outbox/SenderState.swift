import Foundation

/// Who sends, for the server: its sequences count requests, so that it stores each request once, however late and often it comes.
///
/// Source: docs/producers.md.
public struct Producer: Hashable, Sendable {
  public let id: UUID
  /// A producer with a higher epoch and the same ID fences this one.
  public let epoch: Int

  /// A new one, which nobody else has.
  static func new() -> Producer {
    Producer(id: UUID(), epoch: 0)
  }
}

/// What an outbox has to know after a crash to send the same request again.
struct SenderState: Hashable, Sendable {
  var producer: Producer
  /// Of the request that is being sent; if there is none, of the next one.
  var sequence: UInt64
  /// How many of the first events are in the request that is being sent; 0 if there is none.
  var requestCount: Int
  /// Where the queue begins.
  var start: QueuePlace

  static func new() -> SenderState {
    SenderState(
      producer: .new(), sequence: 1, requestCount: 0, start: QueuePlace(segment: 1, offset: 0))
  }
}

/// Keeps a `SenderState`. It is written over in place, in two slots in turn, so that a write needs no room on a full disk, and a torn
/// write leaves the state before it.
struct StateFile {
  private static let slotBytes = 512
  private static let payloadBytes = 56

  private let file: File
  /// Counts the writes; the slot with the higher number is valid.
  private var number: UInt64 = 0
  private(set) var state: SenderState

  /// Opens the file. If neither slot can be read, begins with a new producer, which sends again what is left of the queue's files: rather
  /// twice than never.
  init(_ url: URL) throws(FileError) {
    file = try File(url)
    let content = try file.read(at: 0, count: 2 * Self.slotBytes)
    let slots = [0, Self.slotBytes].compactMap { offset in
      Record.firstPayload(of: content.dropFirst(offset)).flatMap(Self.parse)
    }
    if let newest = slots.max(by: { $0.number < $1.number }) {
      (number, state) = newest
      return
    }
    state = .new()
    // Both, so that no later write needs more room.
    try write(state)
    try write(state)
    try Files.syncDirectory(url.deletingLastPathComponent())
  }

  /// Returns after the state is on the disk. If it throws, the state before it is, or this one.
  mutating func write(_ new: SenderState) throws(FileError) {
    var payload = Data(capacity: Self.payloadBytes)
    payload.append(littleEndian: number + 1)
    payload.append(contentsOf: new.producer.id.bytes)
    payload.append(littleEndian: UInt64(new.producer.epoch))
    payload.append(littleEndian: new.sequence)
    payload.append(littleEndian: UInt32(new.requestCount))
    payload.append(littleEndian: UInt32(new.start.segment))
    payload.append(littleEndian: new.start.offset)
    var slot = Record.framed(payload)
    slot.append(Data(count: Self.slotBytes - slot.count))
    try file.write(slot, at: Int((number + 1) % 2) * Self.slotBytes)
    try file.sync()
    number += 1
    state = new
  }

  private static func parse(_ payload: Data) -> (number: UInt64, state: SenderState)? {
    guard payload.count == payloadBytes else { return nil }
    let state = SenderState(
      producer: Producer(
        id: UUID(bytes: payload.dropFirst(8).prefix(16)), epoch: Int(payload.littleEndian(UInt64.self, at: 24))),
      sequence: payload.littleEndian(UInt64.self, at: 32),
      requestCount: Int(payload.littleEndian(UInt32.self, at: 40)),
      start: QueuePlace(
        segment: UInt64(payload.littleEndian(UInt32.self, at: 44)), offset: payload.littleEndian(UInt64.self, at: 48)))
    return (payload.littleEndian(UInt64.self, at: 0), state)
  }
}

extension UUID {
  fileprivate var bytes: [UInt8] {
    withUnsafeBytes(of: uuid) { Array($0) }
  }

  /// - Parameter bytes: 16
  fileprivate init(bytes: some Collection<UInt8>) {
    var value = UUID().uuid
    withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
    self.init(uuid: value)
  }
}
