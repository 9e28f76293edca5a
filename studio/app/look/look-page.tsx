export default function LookPage() {
  return (
    <main className="page">
      <h1 tabIndex={-1}>Look</h1>
    </main>
  );
}
