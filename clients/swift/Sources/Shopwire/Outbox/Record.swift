import Foundation

/// How a record stands in a file: the length of its payload and a checksum of it, both 4 bytes, little-endian; then the payload, at least
/// one byte. What a crash or a full disk has left of a half-written record does not pass for one, nor do zeros.
enum Record {
  static let headerBytes = 8
  /// More than the largest event has; a length beyond it is garbage.
  static let maxPayloadBytes = 1 << 20

  static func framed(_ payload: Data) -> Data {
    var frame = Data(capacity: headerBytes + payload.count)
    frame.append(littleEndian: UInt32(payload.count))
    frame.append(littleEndian: crc32(payload))
    frame.append(payload)
    return frame
  }

  /// The payloads of the whole records at the beginning of a file's content.
  static func payloads(in content: Data) -> [Data] {
    var payloads: [Data] = []
    var rest = content[...]
    while let payload = firstPayload(of: rest) {
      payloads.append(payload)
      rest = rest.dropFirst(headerBytes + payload.count)
    }
    return payloads
  }

  /// Nil if there is no whole record.
  static func firstPayload(of content: Data) -> Data? {
    guard content.count > headerBytes else { return nil }
    let length = Int(content.littleEndian(UInt32.self, at: 0))
    guard (1...maxPayloadBytes).contains(length), content.count >= headerBytes + length else { return nil }
    let payload = content.dropFirst(headerBytes).prefix(length)
    return crc32(payload) == content.littleEndian(UInt32.self, at: 4) ? payload : nil
  }

  /// Source: IEEE 802.3, CRC-32, as in zlib.
  static func crc32(_ data: Data) -> UInt32 {
    ~data.reduce(~UInt32(0)) { crc, byte in crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8) }
  }

  private static let crcTable: [UInt32] = (0..<256).map { start in
    (0..<8).reduce(UInt32(start)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }
}

extension Data {
  mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  func littleEndian<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number {
    let bytes = dropFirst(offset).prefix(MemoryLayout<Number>.size)
    return bytes.reversed().reduce(0) { $0 << 8 | Number($1) }
  }
}
