import Audit
import Base
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
    let bodyLimitBytes: Int
    /// `nil` where nothing is recorded.
    let audit: RequestAudit?
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        let started = DispatchTime.now().uptimeNanoseconds
        let match = table.match(request.method, request.uri.path)
        guard case .found(let route, let parameters) = match else {
            let response = await answer(request, without: match)
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
    private func answer(_ request: Request, without match: RouteTable.Match) async -> ServerResponse {
        let path = request.uri.path
        let errors: ErrorShape
        switch match {
        case .wrongMethod(_, let shape), .unknownPath(let shape): errors = shape
        case .found(let route, _): errors = route.errors
        }
        do { _ = try await authentication.caller(request.head) } catch {
            return refusal(error, errors, request, "\(request.method.rawValue) unmatched")
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
            if let text = request.headers[.contentLength], let length = Int(text), length > bodyLimitBytes {
                return tooLarge(route)
            }
            let body = try await request.body.collect(upTo: bodyLimitBytes)
            return try await route.handler(
                ServerRequest(
                    head: request.head, parameters: parameters, body: body, caller: caller,
                    clientAddress: context.channel.remoteAddress?.ipAddress))
        } catch is NIOTooManyBytesError {
            return tooLarge(route)
        } catch {
            return refusal(error, route.errors, request, "\(route.method.rawValue) \(route.pattern)")
        }
    }

    private func refusal(
        _ error: any Error, _ errors: ErrorShape, _ request: Request, _ route: String
    ) -> ServerResponse {
        let error =
            error as? TarnError ?? TarnError(.internal, "Unexpected failure: \(error)", cause: error)
        var response = errors.response(for: error)
        if error.code == .unauthenticated {
            let hadToken = request.headers[.authorization] != nil
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

    private func tooLarge(_ route: Route) -> ServerResponse {
        route.errors.response(
            status: .contentTooLarge, code: "REQUEST_TOO_LARGE",
            message: "The request body is larger than \(bodyLimitBytes) bytes; send less at once, "
                + "or raise the setting server.body_limit.")
    }
}
