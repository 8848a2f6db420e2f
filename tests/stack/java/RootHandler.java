package tributary.stack;

import java.util.List;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;

/** {@code GET /}, as Elasticsearch's own module answers it. */
record RootHandler(Settings settings) implements RestHandler {
    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
    }

    @Override
    public void handleRequest(RestRequest request, org.elasticsearch.rest.RestChannel channel,
                              NodeClient client) throws Exception {
        Build build = Build.current();
        var body = channel.newBuilder().prettyPrint().startObject()
            .field("name", settings.get("node.name"))
            .field("cluster_name", settings.get("cluster.name"))
            .startObject("version")
            .field("number", build.version())
            .field("build_flavor", build.flavor())
            .field("build_hash", build.hash())
            .field("build_snapshot", build.isSnapshot())
            .field("lucene_version", org.apache.lucene.util.Version.LATEST.toString())
            .endObject()
            .field("tagline", "You Know, for Search")
            .endObject();
        RestResponse response = new RestResponse(RestStatus.OK, body);
        response.addHeader("X-Elastic-Product", "Elasticsearch");
        channel.sendResponse(response);
    }
}
