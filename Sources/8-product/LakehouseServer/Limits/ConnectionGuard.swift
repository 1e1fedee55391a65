import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// The sender took too long over the body of his request.
struct SlowRequest: Error {}

/// Cuts off connections that send too slowly, and those whose request was answered before it was read.
///
/// A new connection has so long for the head of its first request, its TLS handshake included; each request so long for
/// its body. A connection that sends nothing between requests is ended by the idle time of the HTTP library.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limit: TimeAmount
    /// How long what a sender still sends is thrown away, so that he can read the answer before the connection ends.
    private let lingering = TimeAmount.seconds(2)
    private var timer: Scheduled<Void>?
    private var isReadingBody = false
    private var closesAfterResponse = false
    private var isDiscarding = false

    /// - Parameter limit: For the first head, and for each body.
    init(limit: TimeAmount) { self.limit = limit }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        schedule(context, after: limit) { $0.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isDiscarding { return }
        switch unwrapInboundIn(data) {
        case .head:
            isReadingBody = true
            schedule(context, after: limit) { context in
                self.isDiscarding = true
                context.fireErrorCaught(SlowRequest())
                // The answer, if anybody reads it.
                self.schedule(context, after: self.lingering) { $0.close(promise: nil) }
            }
        case .body: break
        case .end:
            isReadingBody = false
            cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if isReadingBody { head.headerFields[.connection] = "close" }
            closesAfterResponse = head.headerFields[.connection]?.lowercased() == "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            guard closesAfterResponse else { return context.write(data, promise: promise) }
            isDiscarding = true
            context.writeAndFlush(data, promise: promise)
            if isReadingBody {
                schedule(context, after: lingering) { $0.close(promise: nil) }
            } else {
                context.close(promise: nil)
            }
        }
    }

    private func schedule(
        _ context: ChannelHandlerContext, after time: TimeAmount,
        _ body: @escaping (ChannelHandlerContext) -> Void
    ) {
        cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { body(context) }
    }

    private func cancel() {
        timer?.cancel()
        timer = nil
    }
}
