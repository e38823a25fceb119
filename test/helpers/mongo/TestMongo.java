import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/**
 * A server that speaks MongoDB's wire protocol and keeps everything in memory, on a port of 127.0.0.1 (0: any free one):
 * {@code java -cp 'lib/*' TestMongo.java 0}. Its own main class reports a version that the driver refuses.
 */
public class TestMongo {
    /** What the driver asks for at least. */
    private static final class Version implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    }

    public static void main(String[] args) {
        MemoryBackend backend = new MemoryBackend();
        backend.version(new Version());
        MongoServer server = new MongoServer(backend);
        // Change streams are made from it.
        server.enableOplog();
        server.bind("127.0.0.1", Integer.parseInt(args[0]));
        System.out.println("READY mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
    }
}
