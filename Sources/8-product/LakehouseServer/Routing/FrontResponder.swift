import Audit
import Base
import Catalog
import Dispatch
import HTTPTypes
import Hummingbird
import Identity
import Logging
import NIOCore

/// Answers every request: finds the route and who asks, reads the body, runs the handler, turns errors into the
/// protocol's shape, and counts.
struct FrontResponder: HTTPResponder {
    /// What Hummingbird hands over with a request.
    struct Context: InitializableFromSource {
        /// The connection.
        let channel: any Channel
        init(source: ApplicationRequestContextSource) { channel = source.channel }
    }

    let table: RouteTable
    let authentication: RequestAuthentication
    /// Counts what has no route.
    let unmatched: RouteMetrics
    let limits: RequestLimits
    /// `nil` where nothing is recorded.
    let audit: RequestAudit?
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        let started = DispatchTime.now().uptimeNanoseconds
        if (request.head.path?.utf8.count ?? 0) > limits.pathBytes {
            var response = ErrorShape.plain.response(
                status: .uriTooLong, code: "URI_TOO_LONG",
                message: "The path with its query is longer than \(limits.pathBytes) bytes.")
            response.headers.append((.connection, "close"))
            unmatched.record(status: response.status.code, microseconds: 0)
            return response.response(withBody: request.method != .head)
        }
        let match = table.match(request.method, request.uri.path)
        guard case .found(let route, let parameters) = match else {
            let response = await answer(request, without: match, context)
            if let audit { await audit.recordUnmatched(request, response, context.channel) }
            unmatched.record(status: response.status.code, microseconds: 0)
            return response.response(withBody: request.method != .head)
        }
        let response: ServerResponse
        if let audit {
            response = await audit.answer(request, route, parameters, context.channel) {
                await answer(request, route, parameters, context)
            }
        } else {
            response = await answer(request, route, parameters, context)
        }
        route.metrics.record(
            status: response.status.code,
            microseconds: (DispatchTime.now().uptimeNanoseconds - started) / 1000)
        return response.response(withBody: request.method != .head)
    }

    /// Which paths there are is nobody's business without a token.
    private func answer(
        _ request: Request, without match: RouteTable.Match, _ context: Context
    ) async -> ServerResponse {
        let path = request.uri.path
        let errors: ErrorShape
        switch match {
        case .wrongMethod(_, let shape), .unknownPath(let shape): errors = shape
        case .found(let route, _): errors = route.errors
        }
        do {
            let caller = try await authentication.caller(request.head)
            if let response = tooMany(caller, context, errors) { return response }
        } catch {
            return await refusal(error, errors, request, "\(request.method.rawValue) unmatched", context)
        }
        guard case .wrongMethod(let allowed, _) = match else {
            return errors.response(
                status: .notFound, code: "NOT_FOUND",
                message: "There is nothing at \(path)."
                    + didYouMean(path, among: table.routes.map(\.pattern)))
        }
        var response = errors.response(
            status: .methodNotAllowed, code: "METHOD_NOT_ALLOWED",
            message:
                "\(path) does not take \(request.method.rawValue), only \(allowed.joined(separator: ", ")).")
        response.headers.append((.allow, allowed.joined(separator: ", ")))
        return response
    }

    private func answer(
        _ request: Request, _ route: Route, _ parameters: [String], _ context: Context
    ) async -> ServerResponse {
        do {
            let caller: Caller
            switch route.access {
            case .open: caller = authentication.isRequired ? .nobody : .owner
            case .principal:
                // Before the body is read: it may be long.
                caller = try await authentication.caller(request.head)
                AuditTrail.current?.principal = caller.principal
                try caller.scopes.require(route.surface, isReading: route.isReading)
            }
            if let response = tooMany(caller, context, route.errors) { return response }
            if let text = request.headers[.contentLength], Int(text).map({ $0 > limits.bodyBytes }) ?? true {
                return tooLarge(route)
            }
            let body: ByteBuffer
            do { body = try await request.body.collect(upTo: limits.bodyBytes) } catch {
                return unreadable(error, route)
            }
            let whole = ServerRequest(
                head: request.head, parameters: parameters, body: body, caller: caller,
                clientAddress: context.channel.remoteAddress?.ipAddress)
            if route.isBounded { return try await route.handler(whole) }
            return try await withTimeLimit(seconds: limits.handlerSeconds, time: limits.time) {
                try await route.handler(whole)
            }
        } catch {
            return await refusal(
                error, route.errors, request, "\(route.method.rawValue) \(route.pattern)", context)
        }
    }

    /// The answer to a body that could not be read to its end, if anybody is left to hear it.
    private func unreadable(_ error: any Error, _ route: Route) -> ServerResponse {
        switch error {
        case is NIOTooManyBytesError: return tooLarge(route)
        case is SlowRequest:
            return route.errors.response(
                status: .requestTimeout, code: "REQUEST_TIMEOUT",
                message: "The request's body was not there in time (setting server.request_timeout).")
        default:
            // No HTTP, or a connection that ended.
            var response = route.errors.response(
                status: .badRequest, code: route.errors.code(for: .invalidInput),
                message: "The request's body is not well-formed HTTP.")
            response.headers.append((.connection, "close"))
            return response
        }
    }

    private func refusal(
        _ error: any Error, _ errors: ErrorShape, _ request: Request, _ route: String, _ context: Context
    ) async -> ServerResponse {
        let error =
            error as? TarnError ?? TarnError(.internal, "Unexpected failure: \(error)", cause: error)
        var response = errors.response(for: error)
        if error.code == .unauthenticated {
            let hadToken = request.headers[.authorization] != nil
            await limits.slowDown(failureFrom: context.channel.remoteAddress?.ipAddress)
            response.headers.append((.wwwAuthenticate, RequestAuthentication.challenge(hadToken: hadToken)))
        }
        if response.status.code >= 500 { log(error, route) }
        return response
    }

    private func log(_ error: TarnError, _ route: String) {
        logger.error(
            "request failed",
            metadata: [
                "route": "\(route)", "code": "\(error.code.rawValue)", "message": "\(error.message)",
            ])
    }

    /// The refusal of a caller who asks too often.
    private func tooMany(_ caller: Caller, _ context: Context, _ errors: ErrorShape) -> ServerResponse? {
        let wait = limits.wait(
            for: caller.principal.id.isEmpty || caller.principal.isSystem
                ? RequestLimits.network(context.channel.remoteAddress?.ipAddress) : caller.principal.id)
        guard let wait else { return nil }
        var response = errors.response(
            status: .tooManyRequests, code: errors.code(for: .resourceExhausted),
            message:
                "Too many requests; try again in \(wait) second\(wait == 1 ? "" : "s") (setting server.rate_limit)."
        )
        response.headers.append((.retryAfter, String(wait)))
        return response
    }

    private func tooLarge(_ route: Route) -> ServerResponse {
        route.errors.response(
            status: .contentTooLarge, code: "REQUEST_TOO_LARGE",
            message: "The request body is larger than \(limits.bodyBytes) bytes; send less at once, "
                + "or raise the setting server.body_limit.")
    }
}
