import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The answer to a request, piece by piece. Uses a delegate, because `URLSession.bytes(for:)` is missing on Linux. The request ends when
/// nobody holds this any more.
final class ByteStream: Sendable {
  enum Part: Sendable {
    case head(HTTPURLResponse)
    case body(Data)
  }

  let parts: AsyncThrowingStream<Part, any Error>
  private let receiver: Receiver
  private let session: URLSession
  private let task: URLSessionDataTask

  init(_ request: URLRequest, configuration: URLSessionConfiguration) {
    let (parts, continuation) = AsyncThrowingStream<Part, any Error>.makeStream()
    self.parts = parts
    receiver = Receiver(continuation)
    session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
    task = session.dataTask(with: request)
    task.resume()
  }

  deinit {
    task.cancel()
    // Until then a session keeps its delegate.
    session.finishTasksAndInvalidate()
  }

  /// To be called with each piece that was read.
  func didRead(_ data: Data) {
    receiver.didRead(data)
  }
}

private final class Receiver: NSObject, URLSessionDataDelegate, Sendable {
  /// Bytes that may wait for the reader. Then the connection is cut; the reader reconnects after it has read these.
  private static let maxWaitingBytes = 1 << 20

  private let continuation: AsyncThrowingStream<ByteStream.Part, any Error>.Continuation
  private let waitingBytes = Locked(0)

  init(_ continuation: AsyncThrowingStream<ByteStream.Part, any Error>.Continuation) {
    self.continuation = continuation
  }

  func didRead(_ data: Data) {
    waitingBytes.withLock { $0 -= data.count }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    guard let response = response as? HTTPURLResponse else { return completionHandler(.cancel) }
    continuation.yield(.head(response))
    completionHandler(.allow)
  }

  /// A redirect comes from the login page of a Wi-Fi, or a wrong address, which must not get the token: it is the whole answer.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    continuation.yield(.head(response))
    continuation.finish()
    completionHandler(nil)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    continuation.yield(.body(data))
    let waiting = waitingBytes.withLock { waiting in
      waiting += data.count
      return waiting
    }
    guard waiting > Self.maxWaitingBytes else { return }
    continuation.finish(throwing: URLError(.dataLengthExceedsMaximum))
    dataTask.cancel()
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    continuation.finish(throwing: error)
  }
}
