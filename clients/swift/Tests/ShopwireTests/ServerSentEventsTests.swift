import Foundation
import Testing

@testable import Shopwire

@Suite struct ServerSentEventsTests {
  static let stream = """
    retry: 2291\n\nid: 41\n\n: \n\nid: 42\nevent: action\ndata: {"name":"Äpfel 🍎"}\n\nid: 43\r\nevent: action\r\ndata: a\r\ndata:b\r\n\r\n\
    event:erased\rdata:  {"seqs":[7]}\r\revent: ignored\nid: 44\n\ndata\n\nid: 4\05\ndata: last\n\nevent: action\ndata: never ended
    """
  static let expected: [ServerSentEvents.Event] = [
    .init(name: "action", data: "{\"name\":\"Äpfel 🍎\"}", id: "42"),
    .init(name: "action", data: "a\nb", id: "43"),
    .init(name: "erased", data: " {\"seqs\":[7]}", id: "43"),
    .init(name: "message", data: "", id: "44"),
    .init(name: "message", data: "last", id: "44"),
  ]

  @Test func readsTheStreamInPiecesOfAnySize() {
    let bytes = Data(Self.stream.utf8)
    for size in 1...bytes.count {
      var parser = ServerSentEvents()
      var events: [ServerSentEvents.Event] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        events += parser.parse(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(events == Self.expected, "in pieces of \(size)")
      #expect(parser.retry == .milliseconds(2291))
      #expect(parser.lastID == "44")
    }
  }

  @Test func knowsAnIDWithoutAnEventOnlyAfterItsEmptyLine() {
    var parser = ServerSentEvents()
    _ = parser.parse(Data("id: 41\n".utf8))
    #expect(parser.lastID == nil)
    _ = parser.parse(Data("\n".utf8))
    #expect(parser.lastID == "41")
  }
}
