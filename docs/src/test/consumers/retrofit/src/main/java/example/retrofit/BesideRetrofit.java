package example.retrofit;

import example.plain.Plain;
import okhttp3.OkHttp;
import retrofit2.Retrofit;

/** A host that has its own okhttp, of another major version. */
public final class BesideRetrofit {

  private BesideRetrofit() {}

  /** Uses both. */
  public static void main(String[] args) throws Exception {
    Retrofit retrofit = new Retrofit.Builder().baseUrl("http://127.0.0.1/").build();
    System.out.println("retrofit for " + retrofit.baseUrl() + " on okhttp " + OkHttp.VERSION);
    Plain.main(args);
  }
}
