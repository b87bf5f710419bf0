{{/* Name of everything that this release makes. */}}
{{- define "p2i.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels by which pods are selected. Of: root, name. */}}
{{- define "p2i.selector" -}}
app.kubernetes.io/name: p2i
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "p2i.labels" -}}
{{ include "p2i.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{/*
The pools of workers that this shape has, with the consumer group and the topic of those that are scaled by their lag.
store: shared (the co-occurrence store), own (a volume for each) or none.
*/}}
{{- define "p2i.pools" -}}
- { name: candidates, stages: candidates, store: shared, group: p2i-candidates, topic: p2i-batch-pins }
{{- if eq .Values.shape "pools" }}
- { name: features, stages: features, store: shared, group: p2i-features, topic: p2i-candidates }
- { name: ranking, stages: ranking, store: none, group: p2i-ranking, topic: p2i-features }
{{- else }}
- { name: fused, stages: "candidates,features,ranking", store: shared, group: p2i-candidates-features-ranking, topic: p2i-batch-pins }
{{- end }}
{{- if .Values.pools.instant.enabled }}
- { name: instant, stages: "candidates,features,ranking", lane: instant, store: shared }
{{- end }}
{{- end -}}

{{/* A port of a URL. Of: url, default. */}}
{{- define "p2i.port" -}}
{{- $host := (urlParse .url).host -}}
{{- if regexMatch ":[0-9]+$" $host }}{{ regexFind "[0-9]+$" $host }}{{ else }}{{ .default }}{{ end -}}
{{- end -}}

{{/* Environment by which one service is reached. Of: name (KAFKA…), of (its values). Secrets are files. */}}
{{- define "p2i.connectionEnv" -}}
{{- $directory := printf "/etc/p2i/%s" (lower .name) -}}
{{- if .of.tls.caSecret }}
- { name: P2I_{{ .name }}_TLS_CA_FILE, value: {{ $directory }}-ca/ca.crt }
{{- end }}
{{- if .of.tls.clientSecret }}
- { name: P2I_{{ .name }}_TLS_CERT_FILE, value: {{ $directory }}-client/tls.crt }
- { name: P2I_{{ .name }}_TLS_KEY_FILE, value: {{ $directory }}-client/tls.key }
{{- end }}
{{- if .of.login.secret }}
- name: P2I_{{ .name }}_USER
  valueFrom: { secretKeyRef: { name: {{ .of.login.secret }}, key: username, optional: {{ eq .name "REDIS" }} } }
- { name: P2I_{{ .name }}_PASSWORD_FILE, value: {{ $directory }}-login/password }
{{- end }}
{{- if .of.login.tokenSecret }}
- { name: P2I_{{ .name }}_TOKEN_FILE, value: {{ $directory }}-token/token }
{{- end }}
{{- end -}}

{{/* Secrets of all services as a YAML object: directory under /etc/p2i → Secret. */}}
{{- define "p2i.secrets" -}}
{{- range $name := list "kafka" "registry" "redis" }}
{{- $of := index $.Values $name }}
{{- with $of.tls.caSecret }}
{{ $name }}-ca: {{ . }}
{{- end }}
{{- with $of.tls.clientSecret }}
{{ $name }}-client: {{ . }}
{{- end }}
{{- with $of.login.secret }}
{{ $name }}-login: {{ . }}
{{- end }}
{{- with $of.login.tokenSecret }}
{{ $name }}-token: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Environment of every container. */}}
{{- define "p2i.env" -}}
- { name: P2I_BROKERS, value: {{ join "," .Values.kafka.brokers | quote }} }
- { name: P2I_CLIENT, value: {{ .Values.kafka.client }} }
- { name: P2I_REGISTRY, value: {{ .Values.registry.url | quote }} }
- { name: P2I_REDIS, value: {{ .Values.redis.url | quote }} }
{{- if .Values.kafka.tls.enabled }}
- { name: P2I_KAFKA_TLS, value: 'true' }
{{- end }}
{{- with .Values.kafka.login.mechanism }}
- { name: P2I_KAFKA_SASL, value: {{ . }} }
{{- end }}
{{- include "p2i.connectionEnv" (dict "name" "KAFKA" "of" .Values.kafka) }}
{{- include "p2i.connectionEnv" (dict "name" "REGISTRY" "of" .Values.registry) }}
{{- include "p2i.connectionEnv" (dict "name" "REDIS" "of" .Values.redis) }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What every container may do: next to nothing. */}}
{{- define "p2i.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "p2i.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{/* What containers mount. Of: root, and store or token where they have one. */}}
{{- define "p2i.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if .store }}
- { name: store, mountPath: /var/lib/p2i }
{{- end }}
{{- if .token }}
- { name: token, mountPath: /etc/p2i/token, readOnly: true }
{{- end }}
{{- range $directory, $_ := include "p2i.secrets" .root | fromYaml }}
- { name: {{ $directory }}, mountPath: /etc/p2i/{{ $directory }}, readOnly: true }
{{- end }}
{{- end -}}

{{/*
The spec of a pod but for its containers. Of: root, name; store (shared, own, none), token (a Secret). The volume of an
own store is its StatefulSet's.
*/}}
{{- define "p2i.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add .root.Values.workers.graceSeconds 10 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 27182
  runAsGroup: 27182
  fsGroup: 27182
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if eq .store "shared" }}
# LMDB knows the readers of its file by their process ids, which must differ, and shares memory with them.
hostPID: true
{{- if ne .name "cooccurrence" }}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- include "p2i.selector" (dict "root" .root "name" "cooccurrence") | nindent 12 }}
{{- end }}
{{- else }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "p2i.selector" . | nindent 8 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 1Gi }
  {{- if eq .store "shared" }}
  - name: store
    persistentVolumeClaim: { claimName: {{ include "p2i.name" .root }}-store }
  {{- end }}
  {{- with .token }}
  - name: token
    secret: { secretName: {{ . }}, defaultMode: 0440 }
  {{- end }}
  {{- range $directory, $secret := include "p2i.secrets" .root | fromYaml }}
  - name: {{ $directory }}
    secret: { secretName: {{ $secret }}, defaultMode: 0440 }
  {{- end }}
{{- end -}}

{{/*
The pod template of what runs until it is asked to stop. Of: root, name, store, args, env (YAML), port, resources,
token.
*/}}
{{- define "p2i.podTemplate" -}}
metadata:
  labels: {{- include "p2i.labels" . | nindent 4 }}
spec:
  {{- include "p2i.podSpec" . | nindent 2 }}
  containers:
    - name: {{ .name }}
      {{- include "p2i.image" .root | nindent 6 }}
      args: {{ toJson .args }}
      env:
        {{- include "p2i.env" .root | nindent 8 }}
        - { name: P2I_STORE, value: {{ ternary "/tmp/store" "/var/lib/p2i/store" (eq .store "none") }} }
        - { name: P2I_PORT, value: {{ .port | quote }} }
        - { name: P2I_LOG_LEVEL, value: {{ .root.Values.workers.logLevel }} }
        {{- .env | trim | nindent 8 }}
      ports:
        - { name: http, containerPort: {{ .port }} }
      # Stuck for two minutes: /live says so itself.
      livenessProbe:
        httpGet: { path: /live, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      # It gives the brokers, the registry and the store three seconds to answer.
      readinessProbe:
        httpGet: { path: /ready, port: http }
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      resources: {{- toYaml .resources | nindent 8 }}
      securityContext: {{- include "p2i.containerSecurity" . | nindent 8 }}
      volumeMounts: {{- include "p2i.mounts" (dict "root" .root "store" (ne .store "none") "token" .token) | nindent 8 }}
{{- end -}}

{{/* Environment of a worker. Of: root, stages, and lane or threads where they are not what they are by default. */}}
{{- define "p2i.workerEnv" -}}
- { name: P2I_STAGES, value: {{ .stages | quote }} }
- { name: P2I_LANE, value: {{ .lane | default "batch" }} }
- { name: P2I_THREADS, value: {{ .threads | default 1 | quote }} }
- { name: P2I_GRACE, value: {{ .root.Values.workers.graceSeconds | quote }} }
{{- end -}}
