import Primitives
import SupervisorCore
import Testing

@Suite struct APIDocumentTests {
    private let document = APIDocument()

    @Test func every_operation_stands_in_it_once_with_its_parameters() throws {
        let paths = try #require(document.json(version: "1")["paths"])
        var ids: [String] = []
        for operation in document.operations {
            let json = try #require(paths[operation.path]?[operation.method], "\(operation.method) \(operation.path)")
            ids.append(try #require(json["operationId"]?.string))
            let names = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
            #expect(operation.parameters.filter { $0.place == "path" }.map(\.name) == names, "\(operation.path)")
        }
        #expect(Set(ids).count == ids.count)
    }

    @Test func what_needs_a_role_says_how_it_is_refused() throws {
        for operation in document.operations {
            let json = try #require(document.json(version: "1")["paths"]?[operation.path]?[operation.method])
            let security = try #require(json["security"]?.array)
            #expect(security.isEmpty == (operation.role == nil))
            for status in ["401", "403", "429", "503"] where operation.role != nil {
                #expect(json["responses"]?[status] != nil, "\(operation.path) \(status)")
            }
            // What changes something is an admin's. One's own session and a signed address change nothing of others'.
            if operation.method != "get", operation.role != nil, !["/admin/session", "/media/links"].contains(operation.path) {
                #expect(operation.role == .admin, "\(operation.method) \(operation.path)")
            }
        }
    }

    @Test func the_methods_of_a_path_are_known() {
        #expect(document.methods(of: "/admin/crawler-status") == ["GET", "HEAD"])
        #expect(document.methods(of: "/admin/crawler-status/7/crawl").sorted() == ["DELETE", "POST"])
        #expect(document.methods(of: "/admin/crawler-status//crawl").isEmpty)
        #expect(document.methods(of: "/media/links") == ["POST"] && document.methods(of: "/media/7") == ["GET", "HEAD"])
        #expect(document.methods(of: "/admin").isEmpty && document.methods(of: "").isEmpty)
    }

    @Test func a_stage_is_named_as_services_are() {
        for good in ["writer", "supervisor", "listener", "backfill@main", "listener@a-b_2"] { #expect(StageName.isValid(good)) }
        for bad in ["", "writer@main", "listener@", "@", "listener@a@b", "../writer", "Listener", "simulator", "listener@A"] {
            #expect(!StageName.isValid(bad), "\(bad)")
        }
    }
}
